import { NS_PER_MS } from '@damonlab/base';
import { eachTouched, Mark, type Memory } from '@damonlab/mm';
import type { MigrationRow } from '@damonlab/record';
import type { Process } from './processes.js';

/** A page that comes back sooner has gone to and fro. */
const BACK_SOON_MS = 1_000;

export interface MoveLogParts {
  readonly memory: Memory;
  readonly processes: readonly Process[];
  readonly nrNodes: number;
  readonly nowNs: () => number;
}

/** Of pages that moved from one node to another. */
export type MovedPages = Pick<MigrationRow, 'back' | 'used' | 'usedNs'>;

/** Follows pages that move between nodes: how long they had been used where they were, and which of them come back. In virtual time. */
export class MoveLog {
  readonly #parts: MoveLogParts;
  /** By entry, in ms since the start and one more: the window in which its page was first touched where it is. 0: not touched there. */
  readonly #usedMs: Uint32Array;
  /** The same of when it came there. 0: it never moved. */
  readonly #cameMs: Uint32Array;
  /** Where it came from. */
  readonly #from: Uint8Array;
  /** Since they were taken, by direction: `from` times the number of nodes, and `to`. */
  readonly #counts: { -readonly [Count in keyof MovedPages]: MovedPages[Count] }[];
  #startNs = 0;

  constructor(parts: MoveLogParts) {
    const { memory, nrNodes } = parts;
    const { length } = memory.image.pteFlags;
    this.#parts = parts;
    this.#usedMs = new Uint32Array(length);
    this.#cameMs = new Uint32Array(length);
    this.#from = new Uint8Array(length);
    this.#counts = Array.from({ length: nrNodes * nrNodes }, noMoves);
    memory.onMove = (first, end, from, to) => {
      for (let pte = first; pte < end; pte++) this.#moved(pte, from, to);
    };
  }

  /** The window ends now; before its touched marks are cleared. */
  endWindow(startNs: number, endNs: number): void {
    const { memory, processes } = this.#parts;
    const touchedMs = msOf(startNs);
    for (const { space } of processes) {
      eachTouched(memory.image, space, (pte) => {
        if (this.#usedMs[pte] === 0) this.#usedMs[pte] = touchedMs;
      });
    }
    this.#startNs = endNs;
  }

  /** What moved from one node to the other since the last call. */
  take(from: number, to: number): MovedPages {
    const direction = from * this.#parts.nrNodes + to;
    const counts = this.#counts[direction];
    this.#counts[direction] = noMoves();
    return counts;
  }

  #moved(pte: number, from: number, to: number): void {
    const { memory, nrNodes, nowNs } = this.#parts;
    const nowMs = msOf(nowNs());
    const counts = this.#counts[from * nrNodes + to];
    if (this.#cameMs[pte] > 0 && this.#from[pte] === to && nowMs - this.#cameMs[pte] < BACK_SOON_MS) counts.back++;
    const touchedNow = memory.image.marks8[4 * pte + Mark.touched] !== 0;
    const usedMs = this.#usedMs[pte] || (touchedNow ? msOf(this.#startNs) : 0);
    if (usedMs > 0) {
      counts.used++;
      counts.usedNs += (nowMs - usedMs) * NS_PER_MS;
    }
    this.#usedMs[pte] = 0;
    this.#cameMs[pte] = nowMs;
    this.#from[pte] = from;
  }
}

function noMoves() {
  return { back: 0, used: 0, usedNs: 0 };
}

function msOf(ns: number): number {
  return 1 + Math.floor(ns / NS_PER_MS);
}
