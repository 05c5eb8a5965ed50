import { PMD_BYTES } from '@damonlab/base';
import { eachRegion, KEEP, type Reported } from './window.js';

export interface MigrateBySharesSettings {
  /** Most bytes that are moved in one aggregation window. */
  readonly bytesPerWindow: number;
  /** A node must make this share of the reports of a piece of memory to get it, above 0.5 to 1. */
  readonly minShare: number;
  /** A piece with fewer reports, of all that are remembered, stays where it is. */
  readonly minReports: number;
  /** `fewest`: broken on purpose, for negative controls: memory goes to the node that makes the fewest reports. */
  readonly to: 'most' | 'fewest';
}

/** A stretch of memory and the node that it should lie on. */
export interface WantedPlace {
  readonly start: number;
  readonly end: number;
  readonly nid: number;
  /** Remembered reports. */
  readonly reports: number;
}

/**
 * Which node makes the reports of which memory of one target. Regions come and go, so what is remembered is remembered for pieces of 2 MiB;
 * a region's reports are dealt out over its pieces. It is remembered by thread, and counts for the node that the thread is on now: else
 * memory would follow a thread to where it has just left. To take a piece from a node another one must make `minShare` of its reports, so
 * equal shares move nothing.
 */
export class HomeOfPieces {
  readonly #settings: MigrateBySharesSettings;
  readonly #nrThreads: number;
  /** By number of the piece: remembered reports by thread. */
  readonly #pieces = new Map<number, Float64Array>();

  constructor(settings: MigrateBySharesSettings, nrThreads: number) {
    this.#settings = settings;
    this.#nrThreads = nrThreads;
  }

  /** The reports of a window. */
  add(rows: readonly Reported[]): void {
    this.#fade();
    eachRegion(rows, (start, end, ofRegion) => {
      for (let piece = Math.floor(start / PMD_BYTES); piece * PMD_BYTES < end; piece++) {
        const inside = Math.min(end, (piece + 1) * PMD_BYTES) - Math.max(start, piece * PMD_BYTES);
        const known = this.#piece(piece);
        for (const { tid, reports } of ofRegion) known[tid] += (reports * inside) / (end - start);
      }
    });
  }

  /** Pieces that one node makes most of the reports of, those with the most reports first. `nidOf`: node that a thread is on. */
  wanted(nidOf: (thread: number) => number, nrNodes: number): WantedPlace[] {
    const places: WantedPlace[] = [];
    const byNode = new Float64Array(nrNodes);
    for (const [piece, byThread] of this.#pieces) {
      byNode.fill(0);
      for (let thread = 0; thread < byThread.length; thread++) if (byThread[thread] > 0) byNode[nidOf(thread)] += byThread[thread];
      const nid = this.#homeOf(byNode);
      if (nid >= 0) places.push({ start: piece * PMD_BYTES, end: (piece + 1) * PMD_BYTES, nid, reports: sumOf(byNode) });
    }
    return places.sort((a, b) => b.reports - a.reports || a.start - b.start);
  }

  #homeOf(byNode: Float64Array): number {
    const { minShare, minReports, to } = this.#settings;
    const sum = sumOf(byNode);
    let most = 0;
    let fewest = 0;
    for (let nid = 1; nid < byNode.length; nid++) {
      if (byNode[nid] > byNode[most]) most = nid;
      if (byNode[nid] <= byNode[fewest]) fewest = nid;
    }
    if (sum < minReports || byNode[most] < minShare * sum) return -1;
    return to === 'most' ? most : fewest;
  }

  #fade(): void {
    for (const [piece, reports] of this.#pieces) {
      for (let thread = 0; thread < reports.length; thread++) reports[thread] *= KEEP;
      if (sumOf(reports) < FORGOTTEN) this.#pieces.delete(piece);
    }
  }

  #piece(piece: number): Float64Array {
    const known = this.#pieces.get(piece);
    if (known !== undefined) return known;
    const made = new Float64Array(this.#nrThreads);
    this.#pieces.set(piece, made);
    return made;
  }
}

/** A piece with so few remembered reports is forgotten. */
const FORGOTTEN = 0.01;

function sumOf(byNode: Float64Array): number {
  let sum = 0;
  for (const reports of byNode) sum += reports;
  return sum;
}
