import { PAGE_BYTES } from '@damonlab/base';
import type { AttributionRow, RegionList } from '@damonlab/damon';
import { AccessReports, type AccessReportsParts, type SeenAccess } from './access-reports.js';
import type { PrimitiveWork, ReportingPrimitive } from './primitive.js';

/**
 * One access in N as the hardware reports it (perf events, AMD IBS, ARM SPE): address (here of its page), CPU, thread, read or write,
 * latency. Nothing is prepared, no page table looked at: what is never sampled was never accessed, as far as DAMON knows.
 *
 * @kernel the perf-event access source of the 2026 series (not mainline)
 */
export class SampledAccesses implements ReportingPrimitive {
  readonly work: PrimitiveWork = { mapped: 0, hole: 0, armed: 0 };
  readonly #reports: AccessReports;
  #sampled = 0;
  #latencyNs = 0;

  constructor(parts: AccessReportsParts) {
    this.#reports = new AccessReports(parts);
  }

  wake(nowNs: number, sampleUs: number): void {
    this.#reports.drain(nowNs, sampleUs);
  }

  prepare(target: number, regions: RegionList): void {
    this.#reports.watch(target, regions);
  }

  check(target: number): void {
    this.#reports.finish(target);
  }

  /** A CPU sampled an access, which took `latencyNs`. */
  onSample(seen: SeenAccess, latencyNs: number): void {
    this.#sampled++;
    this.#latencyNs += latencyNs;
    this.#reports.post(seen, PAGE_BYTES, latencyNs);
  }

  takeAttribution(target: number, regions: RegionList): AttributionRow[] {
    return this.#reports.takeAttribution(target, regions);
  }

  totals(): Record<string, number> {
    return { sampled: this.#sampled, sampled_latency_ns: this.#latencyNs, ...this.#reports.totals() };
  }
}
