/**
 * TLB of one simulated CPU, second level only: what it cannot hold costs a page walk, and only a walk sets Accessed.
 *
 * - `off`: no TLB. Translations are free and every access sets the Accessed bit: the ideal Accessed bit.
 * - `infinite`: holds everything until a context switch to another address space without an ASID left.
 * - `finite`: `entries` 4 KiB translations, `ways` of them per set, first in first out; the same for 2 MiB translations.
 */
export type TlbConfig =
  | { readonly kind: 'off' }
  | { readonly kind: 'infinite'; readonly asids: number }
  | {
      readonly kind: 'finite';
      /** Power of two times `ways`. */
      readonly entries: number;
      readonly ways: number;
      readonly hugeEntries: number;
      readonly hugeWays: number;
      /** Address spaces whose translations survive a context switch; 0: each switch between two flushes. Linux on x86 uses 6. */
      readonly asids: number;
    };

/** Costs of one simulated CPU in virtual time. */
export interface CpuConfig {
  readonly tlb: TlbConfig;
  /** Page walk after a TLB miss, ns. */
  readonly walkNs: number;
  /** Minor page fault (first touch), ns, ≥ 50. */
  readonly faultNs: number;
  /** Hinting fault (touch of an armed, prot_none page), ns, ≥ 50. */
  readonly hintFaultNs: number;
  /** Interruption of a CPU by a TLB shootdown, ns. */
  readonly shootdownNs: number;
  /** Switch to another thread, ns. */
  readonly contextSwitchNs: number;
  /** Round-robin time slice, ns. */
  readonly sliceNs: number;
}
