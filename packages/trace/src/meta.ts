/** What a trace says of itself beside accesses: the JSON blocks of docs/trace-format.md. */

/** `pages`: per window, page and kind of access one record with a count; `full`: every access by itself, with address and size. */
export type Detail = 'pages' | 'full';

/** Known when a trace begins. */
export interface TraceHead {
  /** What made it: `qemu`, `lackey`, `perf-script`, `drmemtrace`, `damo`, or several of them. */
  readonly source: string;
  /** The command line that was traced, or the file that was imported. */
  readonly command: string;
  readonly detail: Detail;
  /** Unit of the clock: an instruction of the thread, or a nanosecond. */
  readonly tick: 'instruction' | 'ns';
  /** `pages`: repeats within this many ticks became counts. `full`: ticks without an access that count as a pause. */
  readonly windowTicks: number;
  /** Of every `periodTicks` of a thread only the first `onTicks` were recorded; missing: all. */
  readonly sampling?: { readonly onTicks: number; readonly periodTicks: number };
}

/** A change of the address space, half open, in whole pages. `map` with `prot` 0 is a reservation that nobody can touch. */
export interface MapEvent {
  readonly op: 'map' | 'unmap' | 'brk' | 'protect';
  readonly clock: number;
  readonly start: number;
  readonly end: number;
  readonly prot: number;
  readonly name: string;
}

/** A mapping that existed at some time of the trace; sorted, disjoint, whole pages. Together they cover every access. */
export interface TraceVma {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

export interface TraceThread {
  readonly tid: number;
  /** CPU on which most of its accesses were made. */
  readonly cpu: number;
  readonly firstClock: number;
  readonly endClock: number;
  readonly reads: number;
  readonly writes: number;
  readonly records: number;
}

/** Known when a trace ends; can be made again from the blocks. */
export interface TraceFooter {
  readonly threads: readonly TraceThread[];
  readonly vmas: readonly TraceVma[];
  /** Distinct pages touched. */
  readonly touchedPages: number;
  /** Accesses that were made while sampling was off. */
  readonly skippedAccesses: number;
  /** What could not be taken over from a damaged or cut input, in words. */
  readonly lost: readonly string[];
}
