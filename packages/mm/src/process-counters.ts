import type { VmaIndex } from './vma-index.js';

/** What became of the pages of a process, base pages since the start, under the names of a cgroup's memory.stat. */
export interface ProcessCounts {
  pgmajfault: number;
  pswpin: number;
  pswpout: number;
  pgsteal_kswapd: number;
  pgsteal_direct: number;
  /** What schemes and madvise took out; the kernel does not count it. */
  pageout: number;
  /** Pages that MADV_FREE has given up, and those of them that reclaim has dropped. */
  pglazyfree: number;
  pglazyfreed: number;
  workingset_refault_anon: number;
  workingset_refault_file: number;
}

/** The counts of all processes of a machine. */
export class ProcessCounters {
  readonly #vmas: VmaIndex;
  readonly #counts: ProcessCounts[] = [];

  constructor(vmas: VmaIndex) {
    this.#vmas = vmas;
  }

  /** So many pages more of the process whose entry `pte` is. */
  add(pte: number, counter: keyof ProcessCounts, pages: number): void {
    const space = this.#vmas.spaceOf(pte);
    if (space !== undefined) this.of(space.id)[counter] += pages;
  }

  /** Those of address space `space`. */
  of(space: number): ProcessCounts {
    this.#counts[space] ??= {
      pgmajfault: 0,
      pswpin: 0,
      pswpout: 0,
      pgsteal_kswapd: 0,
      pgsteal_direct: 0,
      pageout: 0,
      pglazyfree: 0,
      pglazyfreed: 0,
      workingset_refault_anon: 0,
      workingset_refault_file: 0,
    };
    return this.#counts[space];
  }
}
