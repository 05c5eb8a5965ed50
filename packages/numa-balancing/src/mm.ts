import type { AddrRange } from '@damonlab/base';
import type { Vma } from '@damonlab/mm';

/** Scan state of a VMA, made when the scanner first comes by. @kernel include/linux/mm_types.h struct vma_numab_state */
export interface VmaNumabState {
  /** Jiffies before which a young VMA is left alone. */
  readonly nextScan: number;
  /** Jiffies of the next rotation of `pidsActive`. */
  pidsActiveReset: number;
  /** Two sets of 64 PID hashes, as [older low, older high, newer low, newer high]. */
  readonly pidsActive: Uint32Array;
  /** Sequence in which the scanner first came by. */
  readonly startScanSeq: number;
  /** Sequence in which the VMA was last scanned to its end. */
  prevScanSeq: number;
}

/** A mapping as the scanner sees it. */
export interface NumaVma extends AddrRange {
  /** Not migratable, policy without migrate-on-fault, hugetlb or mixed map. */
  readonly unsuitable: boolean;
  /** Read-only mapping of a file: libraries, text. */
  readonly sharedRo: boolean;
  /** Neither readable, writable nor executable. */
  readonly inaccessible: boolean;
  numabState: VmaNumabState | undefined;
}

/** What NUMA balancing keeps of one address space. @kernel include/linux/mm_types.h struct mm_struct, CONFIG_NUMA_BALANCING */
export interface NumaMm {
  /** In address order, not overlapping. The host may put in another list between calls. */
  vmas: readonly NumaVma[];
  /** Threads of the process, the main thread included. The host keeps it up to date. */
  nrThreads: number;
  /** Memory nodes that the cpuset allows; undefined without cpusets. */
  cpusetNodes: number | undefined;
  /** Jiffies of the next pass, 0 before the first look. */
  numaNextScan: number;
  /** Byte address at which the next pass goes on. */
  numaScanOffset: number;
  /** Complete walks of the address space. */
  numaScanSeq: number;
}

/** A new address space with `vmas` in address order. */
export function newNumaMm(vmas: readonly NumaVma[], nrThreads = 1): NumaMm {
  return { vmas, nrThreads, cpusetNodes: undefined, numaNextScan: 0, numaScanOffset: 0, numaScanSeq: 0 };
}

/** An ordinary anonymous mapping. */
export function anonVma({ start, end }: AddrRange): NumaVma {
  return { start, end, unsuitable: false, sharedRo: false, inaccessible: false, numabState: undefined };
}

/** A mapping of the simulated memory: text is a read-only file, vvar and vdso cannot migrate. `bound`: its policy keeps it where it is. */
export function numaVmaOf({ start, end, role }: Vma, bound = false): NumaVma {
  return { start, end, unsuitable: bound || role === 'vdso', sharedRo: role === 'text', inaccessible: false, numabState: undefined };
}
