/**
 * Events of the Trace Event Format (JSON), which Perfetto's UI opens. Times are µs; a process is a group of tracks, a thread a track in it.
 * Counters are tracks of their process by name and key.
 */
export type TraceEvent = MetadataEvent | SliceEvent | AsyncEvent | InstantEvent | CounterEvent;

interface Placed {
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly name: string;
  readonly cat: string;
  readonly args: Readonly<Record<string, number | string>>;
}

/** Names of processes and threads, and where processes stand. */
export interface MetadataEvent {
  readonly ph: 'M';
  readonly pid: number;
  readonly tid: number;
  readonly ts: 0;
  readonly cat: '__metadata';
  readonly name: 'process_name' | 'thread_name' | 'process_sort_index' | 'thread_sort_index';
  readonly args: { readonly name: string } | { readonly sort_index: number };
}

/** Something that lasted; slices of a track lie beside or in each other. */
export interface SliceEvent extends Placed {
  readonly ph: 'X';
  readonly dur: number;
}

/** Begin and end of something that may overlap others of its kind. */
export interface AsyncEvent extends Placed {
  readonly ph: 'b' | 'e';
  readonly id: string;
}

export interface InstantEvent extends Placed {
  readonly ph: 'i';
  /** Of its thread, or of its process. */
  readonly s: 't' | 'p';
}

export interface CounterEvent extends Placed {
  readonly ph: 'C';
}

const NS_PER_US = 1000;

export function microseconds(ns: number): number {
  return ns / NS_PER_US;
}

/** The tracks of one process of the trace. */
export class Track {
  readonly events: TraceEvent[] = [];
  readonly #pid: number;
  readonly #threads = new Set<number>();

  constructor(pid: number, name: string) {
    this.#pid = pid;
    this.#describe('process_name', 0, { name });
    this.#describe('process_sort_index', 0, { sort_index: pid });
  }

  /** Name a thread, once. */
  thread(tid: number, name: string): void {
    if (this.#threads.has(tid)) return;
    this.#threads.add(tid);
    this.#describe('thread_name', tid, { name });
    this.#describe('thread_sort_index', tid, { sort_index: tid });
  }

  slice(tid: number, name: string, cat: string, startNs: number, endNs: number, args: Placed['args'] = {}): void {
    this.events.push({ ph: 'X', ...this.#at(tid, name, cat, startNs), dur: microseconds(endNs - startNs), args });
  }

  span(id: string, name: string, cat: string, startNs: number, endNs: number, args: Placed['args'] = {}): void {
    this.events.push(
      { ph: 'b', id, ...this.#at(0, name, cat, startNs), args },
      { ph: 'e', id, ...this.#at(0, name, cat, endNs), args: {} },
    );
  }

  instant(name: string, cat: string, atNs: number, args: Placed['args'] = {}): void {
    this.events.push({ ph: 'i', s: 'p', ...this.#at(0, name, cat, atNs), args });
  }

  /** An instant on a thread's own track. */
  mark(tid: number, name: string, cat: string, atNs: number, args: Placed['args'] = {}): void {
    this.events.push({ ph: 'i', s: 't', ...this.#at(tid, name, cat, atNs), args });
  }

  counter(name: string, atNs: number, values: Readonly<Record<string, number>>): void {
    this.events.push({ ph: 'C', ...this.#at(0, name, 'counter', atNs), args: values });
  }

  #at(tid: number, name: string, cat: string, ns: number) {
    return { pid: this.#pid, tid, ts: microseconds(ns), name, cat };
  }

  #describe(name: MetadataEvent['name'], tid: number, args: MetadataEvent['args']): void {
    this.events.push({ ph: 'M', pid: this.#pid, tid, ts: 0, cat: '__metadata', name, args });
  }
}
