import type { Prng, StateTape } from '@damonlab/base';

const NO_PAGES = new Uint32Array(0);

/** Where a region lies in a Linux address space. `data` regions are what the workload is about; the rest is what DAMON also watches. */
export type RegionRole = 'data' | 'text' | 'heap' | 'stack' | 'thread_stack' | 'vdso';

/** Memory that a process owns, by name; the machine decides its addresses. */
export interface RegionSpec {
  readonly name: string;
  readonly role: RegionRole;
  /** Usable size in bytes; the mapping is this plus `headerBytes`, rounded up to whole pages. */
  readonly bytes: number;
  /** Bytes between the start of the mapping and offset 0 (malloc's chunk header: 16), 0 if none. */
  readonly headerBytes: number;
  /** Address that the mapping begins at, a whole page; left out: its role decides. All regions of a workload have it or none. */
  readonly at?: number;
  /** The mapping is a VMA of its own, also beside one of the same kind. */
  readonly ownVma?: boolean;
  /** These pages are there before the run starts, first touched on node `nid`; the others come as threads touch them. */
  readonly populate?: { readonly nid: number; readonly first: number; readonly pages: number };
}

/** One phase of a workload, as truth: which regions are accessed while it lasts. */
export interface PhaseSpec {
  readonly name: string;
  /** Indexes into `Workload.regions` that count as accessed (hot) in this phase. */
  readonly hot: readonly number[];
  /** True for a warm-up that touches everything alike: scores of "hot phases" leave it out. */
  readonly initial: boolean;
  /** Regions that are touched though the phase is not about them: masim reads its random numbers from the heap. */
  readonly also: readonly number[];
}

export const BatchKind = {
  /** The thread ends. */
  exit: 0,
  /** Sleep until `untilNs`. */
  sleep: 1,
  /** `remaining` accesses: offset += stride; if (offset >= bytes) offset = 0; access the byte at offset. */
  sequence: 2,
  /** `remaining` accesses to `pages[cursor]`, then cursor++; at `end` cursor wraps to `begin`. */
  pages: 3,
  /** Compute for `computePs` without an access to memory. */
  compute: 4,
  /** `remaining` runs of `runs`, from `cursor` on. */
  runs: 5,
  /** The same, summed up: of all runs of a page and kind there is one, where the first of them was. `spans` do not count. */
  sums: 6,
} as const;

/** The numbers of a batch. */
const BATCH_FIELDS = [
  'kind',
  'region',
  'write',
  'remaining',
  'computePs',
  'offset',
  'stride',
  'bytes',
  'begin',
  'cursor',
  'end',
  'untilNs',
  'phase',
] as const;

/**
 * A list of runs: what traces are made of. Run i goes to page `page[place]` of region `region[place]`, where place is `refs[i] >> 1`, and
 * to the pages behind it, `spans[i]` in all; each of them is accessed `counts[i]` times; bit 0 of `refs[i]` says that it is written.
 */
export interface RunList {
  refs: Uint32Array;
  counts: Uint32Array;
  spans: Uint32Array;
  region: Uint32Array;
  page: Uint32Array;
}

const NO_RUNS: RunList = { refs: NO_PAGES, counts: NO_PAGES, spans: NO_PAGES, region: NO_PAGES, page: NO_PAGES };

/**
 * What a thread does next. The CPU owns it, lets the program fill it, and consumes it in place, as far as its time
 * goes: `remaining`, `offset` and `cursor` move on. A program must not look at what it filled in before.
 */
export class AccessBatch {
  kind: number = BatchKind.exit;
  /** Index into `Workload.regions`. */
  region = 0;
  /** 1: the accesses write (also read-modify-write); 0: they only read. */
  write = 0;
  /** Accesses still to be made; `runs`: runs that are not over. */
  remaining = 0;
  /** Instruction time of one access in ps, before TLB and memory: what the loop around it costs. Whole number ≥ 0. */
  computePs = 0;

  /** `sequence`: the last accessed byte offset in the region (0 before the first access); `runs`: accesses made of the run at `cursor`. */
  offset = 0;
  /** `sequence`: bytes, ≥ 0. */
  stride = 0;
  /** `sequence`: wrap-around size in bytes, ≥ 1, ≤ the region's bytes. */
  bytes = 0;

  /** `pages`: page numbers relative to the region's first page (the mapping's, header included). */
  pages: Uint32Array = NO_PAGES;
  begin = 0;
  cursor = 0;
  end = 0;

  /** `runs`; `region` and `write` of the batch do not count. */
  runs: RunList = NO_RUNS;

  /** `sleep`: absolute virtual time in ns. */
  untilNs = 0;
  /** Index into `Workload.phases` that this batch belongs to, -1 outside any phase (start-up). */
  phase = -1;

  /** Put down all of it; `lists` are its program's. */
  save(tape: StateTape, lists: readonly Uint32Array[]): void {
    for (const field of BATCH_FIELDS) tape.put(this[field]);
    tape.put(lists.indexOf(this.pages));
  }

  restore(tape: StateTape, lists: readonly Uint32Array[]): void {
    for (const field of BATCH_FIELDS) this[field] = tape.take();
    this.pages = lists[tape.take()] ?? NO_PAGES;
  }
}

/** Words that the state of a batch takes. */
export const BATCH_WORDS = BATCH_FIELDS.length + 1;

/**
 * What one thread does, one batch after the other. Deterministic: same construction and same `nowNs` values, same batches. It can be
 * put down in one worker and taken up in another: `restore` makes a program of the same construction stand where the saved one stood.
 */
export interface AccessProgram {
  /** Every list that it puts into a batch as `pages`, always in the same order. */
  readonly lists: readonly Uint32Array[];
  /** The list that its `runs` batches name: one object for all of them, whatever is in it. */
  readonly runs?: RunList;
  /** Fill in the next batch. `nowNs`: the thread's virtual time, ns since the start of the run, never going back. */
  next(batch: AccessBatch, nowNs: number): void;
  /** Of a `sums` batch of which nothing was made yet, make the `runs` batch of the same accesses in their order. */
  unfold?(batch: AccessBatch): void;
  /** Put down where it stands, its random numbers left out: at most `Workload.stateWords` words. */
  save(tape: StateTape): void;
  restore(tape: StateTape): void;
}

/** One process: its regions, its phases, and a program for each thread. Knows nothing of page tables. */
export interface Workload {
  readonly name: string;
  readonly regions: readonly RegionSpec[];
  readonly phases: readonly PhaseSpec[];
  /** Number of threads, ≥ 1. */
  readonly nrThreads: number;
  /** Most words that a program's state takes. */
  readonly stateWords: number;
  /** Longest duration in ns that the workload asks for by itself, Infinity if it never ends (progress and ETA). */
  readonly durationNs: number;
  /** The program of thread `thread` (0 ≤ thread < nrThreads); `rng` is that thread's own stream. */
  program(thread: number, rng: Prng): AccessProgram;
}
