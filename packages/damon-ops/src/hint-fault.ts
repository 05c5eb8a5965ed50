import type { AttributionRow, RegionList } from '@damonlab/damon';
import type { HintFault, HintFaults, HintFaultUser } from '@damonlab/hint-faults';
import { AccessReports, type AccessReportsParts } from './access-reports.js';
import type { PrimitiveWork, ReportingPrimitive } from './primitive.js';

export interface HintFaultPrimitiveParts extends AccessReportsParts {
  readonly hintFaults: HintFaults;
}

/**
 * The hinting fault: arm the sampled page, sleep, and count the reports of the faults. It knows by which CPU and thread
 * a page was touched and whether it was written, but only of the first touch: an arm is used up by it.
 *
 * @kernel mm/damon/paddr.c damon_pa_prepare_access_checks_faults (damon/next)
 */
export class HintFaultPrimitive implements ReportingPrimitive, HintFaultUser {
  readonly name = 'damon';
  readonly work: PrimitiveWork = { mapped: 0, hole: 0, armed: 0 };
  readonly #hintFaults: HintFaults;
  readonly #disarmAtCheck: boolean;
  readonly #user: number;
  readonly #reports: AccessReports;
  /** Entries armed and not known to have faulted. */
  #armed = new Int32Array(1024);
  #nrArmed = 0;

  constructor(parts: HintFaultPrimitiveParts) {
    this.#hintFaults = parts.hintFaults;
    this.#disarmAtCheck = parts.control.disarmAtCheck;
    this.#reports = new AccessReports(parts);
    this.#user = this.#hintFaults.register(this);
  }

  /** Number as a user of hinting faults. */
  get user(): number {
    return this.#user;
  }

  /** What it has armed; undefined if it keeps no list because nothing is taken back at a check. May hold pages that have faulted since. */
  get armedEntries(): Int32Array | undefined {
    return this.#disarmAtCheck ? this.#armed.subarray(0, this.#nrArmed) : undefined;
  }

  wake(nowNs: number, sampleUs: number): void {
    this.#reports.drain(nowNs, sampleUs);
    if (this.#disarmAtCheck) this.#disarmAll();
  }

  prepare(target: number, regions: RegionList, entries: Int32Array): void {
    this.#reports.watch(target, regions);
    for (let i = 0; i < regions.length; i++) {
      if (entries[i] >= 0 && this.#hintFaults.mapped(entries[i])) this.#arm(entries[i]);
      else this.work.hole++;
    }
  }

  check(target: number): void {
    this.#reports.finish(target);
  }

  onHintFault(fault: HintFault): void {
    this.#reports.post(fault, 1, 0);
  }

  takeAttribution(target: number, regions: RegionList): AttributionRow[] {
    return this.#reports.takeAttribution(target, regions);
  }

  totals(): Record<string, number> {
    return { ...this.#hintFaults.counters(this.#user), ...this.#reports.totals() };
  }

  #arm(pte: number): void {
    this.work.mapped++;
    if (!this.#hintFaults.arm(this.#user, pte)) return;
    this.work.armed++;
    if (!this.#disarmAtCheck) return;
    if (this.#nrArmed === this.#armed.length) {
      const grown = new Int32Array(2 * this.#nrArmed);
      grown.set(this.#armed);
      this.#armed = grown;
    }
    this.#armed[this.#nrArmed++] = pte;
  }

  #disarmAll(): void {
    for (let i = 0; i < this.#nrArmed; i++) this.#hintFaults.disarm(this.#user, this.#armed[i]);
    this.#nrArmed = 0;
  }
}
