import { RunError } from '@damonlab/base';
import type { ScanHands } from '../numa-scans.js';
import type { ProtNuma, ProtNumaChunk, ProtNumaDone } from '../prot-numa.js';
import { LINE_WORDS, Scan, ScanState, type WallViews } from './layout.js';

/** Looks at a CPU that is to finish before the coordinator gives up: thirty seconds. */
const LOOK_MS = 10;
const MOST_LOOKS = 3_000;

/** Coordinator: chunks of the scanner that the CPUs arm between their slices. */
export class WallScans implements ScanHands {
  readonly cpupids: Uint32Array;
  readonly #words: Int32Array;
  readonly #meanwhile: () => void;

  /** `meanwhile` is called while it waits for a CPU: what that CPU may be waiting for. */
  constructor({ scans, cpupids }: WallViews, meanwhile: () => void) {
    this.cpupids = cpupids;
    this.#words = scans;
    this.#meanwhile = meanwhile;
  }

  busy(cpu: number): boolean {
    return this.#state(cpu) !== ScanState.none;
  }

  ask(cpu: number, chunk: ProtNumaChunk): void {
    const words = this.#words;
    const line = cpu * LINE_WORDS;
    words[line + Scan.space] = chunk.space;
    words[line + Scan.vma] = chunk.vma;
    words[line + Scan.first] = chunk.first;
    words[line + Scan.last] = chunk.last;
    words[line + Scan.thisNid] = chunk.thisNid;
    words[line + Scan.singleThreaded] = Number(chunk.singleThreaded);
    words[line + Scan.mode] = chunk.mode;
    words[line + Scan.timeWord] = chunk.timeWord;
    words[line + Scan.timedNids] = chunk.timedNids;
    Atomics.store(words, line + Scan.state, ScanState.asked);
  }

  answer(cpu: number): ProtNumaDone | null {
    if (this.#state(cpu) !== ScanState.done) return null;
    const line = cpu * LINE_WORDS;
    const done = { updated: this.#words[line + Scan.updated], huge: this.#words[line + Scan.huge] };
    Atomics.store(this.#words, line + Scan.state, ScanState.none);
    return done;
  }

  finish(cpu: number): void {
    const at = cpu * LINE_WORDS + Scan.state;
    for (let looks = 0; this.#state(cpu) === ScanState.asked; looks++) {
      if (looks > MOST_LOOKS) throw new RunError(`CPU ${cpu} does not end its part of a scan: its thread is gone`);
      this.#meanwhile();
      Atomics.wait(this.#words, at, ScanState.asked, LOOK_MS);
    }
    Atomics.store(this.#words, at, ScanState.none);
  }

  #state(cpu: number): number {
    return Atomics.load(this.#words, cpu * LINE_WORDS + Scan.state);
  }
}

/** CPU: arms the chunk that it is asked for, if it is. */
export function scanIfAsked({ scans: words }: WallViews, cpu: number, protNuma: ProtNuma): void {
  const line = cpu * LINE_WORDS;
  if (Atomics.load(words, line + Scan.state) !== ScanState.asked) return;
  const { updated, huge } = protNuma.change({
    space: words[line + Scan.space],
    vma: words[line + Scan.vma],
    first: words[line + Scan.first],
    last: words[line + Scan.last],
    thisNid: words[line + Scan.thisNid],
    singleThreaded: words[line + Scan.singleThreaded] === 1,
    mode: words[line + Scan.mode],
    timeWord: words[line + Scan.timeWord],
    timedNids: words[line + Scan.timedNids],
  });
  words[line + Scan.updated] = updated;
  words[line + Scan.huge] = huge;
  done(words, line);
}

/** CPU: it leaves, and arms nothing any more. */
export function leaveScan({ scans: words }: WallViews, cpu: number): void {
  const line = cpu * LINE_WORDS;
  if (Atomics.load(words, line + Scan.state) !== ScanState.asked) return;
  words[line + Scan.updated] = 0;
  words[line + Scan.huge] = 0;
  done(words, line);
}

function done(words: Int32Array, line: number): void {
  Atomics.store(words, line + Scan.state, ScanState.done);
  Atomics.notify(words, line + Scan.state);
}
