import type { RegionList } from '../region-list.js';
import { findRegion } from './consume.js';
import { type AccessReport, type ReportSpace, reportedAddress } from './report.js';
import { WhoTable } from './who-table.js';

/** How many reports of one window say that this CPU and thread read, or wrote, in this region. */
export interface AttributionRow {
  readonly regionStart: number;
  readonly regionEnd: number;
  readonly cpu: number;
  readonly tid: number;
  readonly isWrite: boolean;
  /** What `placeOf` said of the reports; `NO_PLACE` without it. */
  readonly place: number;
  /** Reports delivered to the region. */
  readonly reports: number;
  /** Those of them that raised nr_accesses: the first of the region in its sample. */
  readonly credited: number;
}

/**
 * Where a report belongs beside its region: a number of the host's, such as that of the mapping that its virtual address lies in. Physical
 * regions tell nothing about that.
 */
export type PlaceOf = (report: AccessReport) => number;
export const NO_PLACE = -1;

/** Reports of one target in the running window. */
interface Window {
  length: number;
  address: Float64Array;
  /** Twice the number of the who, plus 1 when it was credited. */
  who: Uint32Array;
}

const FIRST_CAPACITY = 256;

/**
 * Remembers who made the reports of the running aggregation window, and at its end says so region by region. Regions are those
 * at the end: reports, not counters, are remembered, so merges and splits cannot misplace them.
 */
export class AttributionLog {
  readonly #space: ReportSpace;
  readonly #placeOf: PlaceOf;
  readonly #whos = new WhoTable();
  readonly #windows: readonly Window[];
  #delivered = 0;
  #unplaced = 0;

  constructor(space: ReportSpace, targets: number, placeOf: PlaceOf = () => NO_PLACE) {
    this.#space = space;
    this.#placeOf = placeOf;
    this.#windows = Array.from({ length: targets }, () => ({
      length: 0,
      address: new Float64Array(FIRST_CAPACITY),
      who: new Uint32Array(FIRST_CAPACITY),
    }));
  }

  /** Reports added so far: in the rows taken, unplaced, or in a window that still runs. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Reports that at the end of their window lay in no region, because the regions had changed. */
  get unplaced(): number {
    return this.#unplaced;
  }

  /** Remember a report that was delivered to a region of target `targetIndex`. */
  add(targetIndex: number, report: AccessReport, credited: boolean): void {
    const window = this.#windows[targetIndex];
    if (window.length === window.address.length) grow(window);
    const i = window.length++;
    window.address[i] = reportedAddress(report, this.#space);
    window.who[i] = 2 * this.#whos.numberOf(report.cpu, report.tid, report.isWrite, this.#placeOf(report)) + (credited ? 1 : 0);
    this.#delivered++;
  }

  /**
   * End the window of a target whose regions now are `regions`: rows by region, CPU, thread, reads before writes, place; none without
   * reports. Together with the unplaced, they count every report added since the last call.
   */
  take(targetIndex: number, regions: RegionList): AttributionRow[] {
    const window = this.#windows[targetIndex];
    const { first, who } = byRegion(window, regions);
    this.#unplaced += window.length - who.length;
    window.length = 0;
    const rows: AttributionRow[] = [];
    const counts = new RegionCounts(this.#whos);
    for (let i = 0; i < regions.length; i++) {
      for (let at = first[i]; at < first[i + 1]; at++) counts.add(who[at]);
      counts.moveTo(rows, regions.start[i], regions.end[i]);
    }
    return rows;
  }
}

/** The who of all reports that lie in a region, region by region: those of region i at [first[i], first[i + 1]). */
function byRegion(window: Window, regions: RegionList): { first: Uint32Array; who: Uint32Array } {
  const region = new Int32Array(window.length);
  const first = new Uint32Array(regions.length + 1);
  for (let i = 0; i < window.length; i++) {
    region[i] = findRegion(regions, window.address[i], 1);
    if (region[i] >= 0) first[region[i] + 1]++;
  }
  for (let i = 0; i < regions.length; i++) first[i + 1] += first[i];
  const next = first.slice();
  const who = new Uint32Array(first[regions.length]);
  for (let i = 0; i < window.length; i++) if (region[i] >= 0) who[next[region[i]]++] = window.who[i];
  return { first, who };
}

/** Reports of one region by who. */
class RegionCounts {
  readonly #whos: WhoTable;
  readonly #reports: Uint32Array;
  readonly #credited: Uint32Array;
  readonly #present: number[] = [];

  constructor(whos: WhoTable) {
    this.#whos = whos;
    this.#reports = new Uint32Array(whos.length);
    this.#credited = new Uint32Array(whos.length);
  }

  add(whoAndCredit: number): void {
    const who = whoAndCredit >>> 1;
    if (this.#reports[who]++ === 0) this.#present.push(who);
    this.#credited[who] += whoAndCredit & 1;
  }

  /** Append the rows of region `[regionStart, regionEnd)`, and begin with the next one at zero. */
  moveTo(rows: AttributionRow[], regionStart: number, regionEnd: number): void {
    const { cpu, tid, isWrite, place } = this.#whos;
    for (const who of this.#present.sort((a, b) => this.#whos.compare(a, b))) {
      const reports = this.#reports[who];
      const credited = this.#credited[who];
      const made = { cpu: cpu[who], tid: tid[who], isWrite: isWrite[who] === 1, place: place[who] };
      rows.push({ regionStart, regionEnd, ...made, reports, credited });
      this.#reports[who] = 0;
      this.#credited[who] = 0;
    }
    this.#present.length = 0;
  }
}

function grow(window: Window): void {
  const { address, who } = window;
  window.address = new Float64Array(2 * address.length);
  window.address.set(address);
  window.who = new Uint32Array(2 * who.length);
  window.who.set(who);
}
