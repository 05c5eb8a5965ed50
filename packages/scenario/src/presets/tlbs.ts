import type { TlbConfig } from '@damonlab/cpu';

/** Address spaces with live translations per CPU that Linux keeps on x86. @kernel arch/x86 TLB_NR_DYN_ASIDS (7.3, 6.12) */
const X86_ASIDS = 6;

/**
 * Intel Skylake: second-level TLB of 1536 entries, 12 ways, shared by 4 KiB and 2 MiB pages (Intel 64 and IA-32 Architectures
 * Optimization Reference Manual, section on the Skylake cache hierarchy). The model keeps one array per page size, so a
 * workload that mixes both sizes has up to twice the real reach; one that uses a single size has exactly the real one.
 */
const skylake: TlbConfig = { kind: 'finite', entries: 1536, ways: 12, hugeEntries: 1536, hugeWays: 12, asids: X86_ASIDS };

/**
 * AMD Zen 4: second-level data TLB of 3072 entries for 4 KiB and 2 MiB pages (AMD, Software Optimization Guide for the AMD
 * Zen4 Microarchitecture, document 57647). The ways keep the 128 sets of Zen 3 (2048 entries, 16 ways).
 */
const zen4: TlbConfig = { kind: 'finite', entries: 3072, ways: 24, hugeEntries: 3072, hugeWays: 24, asids: X86_ASIDS };

/**
 * HiSilicon Kunpeng 920: second-level TLB of 2048 entries, so 2 MiB pages reach 4 GiB: the machine on which DAMON was
 * reported blind to small THP working sets on the linux-mm list (2026). HiSilicon publishes no associativity; 4 ways is an
 * assumption. arm64 ASIDs are plentiful (8 or 16 bits): 255 never run out here.
 */
const kunpeng920: TlbConfig = { kind: 'finite', entries: 2048, ways: 4, hugeEntries: 2048, hugeWays: 4, asids: 255 };

/** TLBs by name, for `tlb:` and `--tlb`. `infinite` is flushed by every switch to another address space, like an emulator's. */
export const TLB_PRESETS: ReadonlyMap<string, TlbConfig> = new Map<string, TlbConfig>([
  ['off', { kind: 'off' }],
  ['infinite', { kind: 'infinite', asids: 0 }],
  ['skylake', skylake],
  ['zen4', zen4],
  ['kunpeng920', kunpeng920],
]);
