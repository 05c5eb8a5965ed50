import { NS_PER_SEC, UserError } from '@damonlab/base';
import { type CpuCounters, type LatencyRow, nrKdamonds, type Run, seenBy } from '@damonlab/record';
import { ratio } from '../stats.js';
import { accessesOf, quantileNs } from './quantile.js';

/** Latencies of the accesses of a kind, ns, to the middle of their bucket. */
export interface LatencyFigures {
  /** `all`, or as in latency.parquet. */
  readonly kind: LatencyRow['kind'] | 'all';
  /** Accesses of the kind, as far as they were timed. */
  readonly accesses: number;
  readonly mean_ns: number;
  readonly p50_ns: number;
  readonly p90_ns: number;
  readonly p99_ns: number;
  readonly p999_ns: number;
  readonly max_ns: number;
}

/** What a scheme had done by the end of a window, beside the window before. */
export interface SchemeStep {
  readonly kdamond: number;
  readonly scheme: number;
  readonly action: string;
  /** Bytes that the action was applied to in the window. */
  readonly sz_applied: number;
}

/** A window of all CPUs. */
export interface LatencyPoint {
  /** Its end, s. */
  readonly t: number;
  readonly accesses: number;
  /** CPU time of the threads by access: what they compute, waits for memory, and faults; null: no access. */
  readonly ns_per_access: number | null;
  readonly tlb_miss_ratio: number | null;
  readonly schemes: readonly SchemeStep[];
}

export interface LatencyReport {
  readonly name: string;
  /** Empty: nobody timed accesses. */
  readonly kinds: readonly LatencyFigures[];
  readonly rows: readonly LatencyPoint[];
}

/** How long accesses took, and how that changed while schemes acted. UserError: the run has no CPUs (a damo record). */
export function latency(run: Run): LatencyReport {
  if (run.cpuCounters.length === 0) {
    throw new UserError('the run does not say how long accesses took', {
      where: run.path,
      expected: 'a run of damonlab, not a damo record',
    });
  }
  return { name: run.name, kinds: kindsOf(run.tables.latency), rows: pointsOf(run) };
}

function kindsOf(rows: readonly LatencyRow[]): LatencyFigures[] {
  const counted = rows.filter(({ count }) => count > 0);
  const kinds = [...new Set(counted.map(({ kind }) => kind))];
  const figures = kinds.map((kind) =>
    figuresOf(
      kind,
      counted.filter((row) => row.kind === kind),
    ),
  );
  return kinds.length > 1 ? [figuresOf('all', counted), ...figures] : figures;
}

function figuresOf(kind: LatencyFigures['kind'], rows: readonly LatencyRow[]): LatencyFigures {
  const accesses = accessesOf(rows);
  const sumPs = rows.reduce((sum, { lowPs, highPs, count, every }) => sum + ((lowPs + highPs) / 2) * count * every, 0);
  const at = (p: number) => quantileNs(rows, p) ?? 0;
  return {
    kind,
    accesses,
    mean_ns: sumPs / accesses / 1000,
    p50_ns: at(0.5),
    p90_ns: at(0.9),
    p99_ns: at(0.99),
    p999_ns: at(0.999),
    max_ns: at(1),
  };
}

function pointsOf(run: Run): LatencyPoint[] {
  const byEnd = new Map<number, CpuCounters[]>();
  for (const counters of run.cpuCounters) {
    const window = byEnd.get(counters.endNs);
    if (window === undefined) byEnd.set(counters.endNs, [counters]);
    else window.push(counters);
  }
  const schemes = schemesOf(run);
  return [...byEnd].map(([endNs, cpus]) => {
    const sum = (of: (counters: CpuCounters) => number) => cpus.reduce((total, counters) => total + of(counters), 0);
    const accesses = sum((cpu) => cpu.accesses);
    return {
      t: endNs / NS_PER_SEC,
      accesses,
      ns_per_access: ratio(
        sum((cpu) => cpu.busyNs),
        accesses,
      ),
      tlb_miss_ratio: ratio(
        sum((cpu) => cpu.tlbMisses),
        accesses,
      ),
      schemes: schemes.map((scheme) => scheme.stepTo(endNs)),
    };
  });
}

/** Follows a scheme through the windows, in their order. */
class SchemeSteps {
  readonly #kdamond: number;
  readonly #rows: Run['tables']['schemes'];
  #next = 0;
  #before = 0;

  constructor(kdamond: number, rows: Run['tables']['schemes']) {
    this.#kdamond = kdamond;
    this.#rows = rows;
  }

  stepTo(endNs: number): SchemeStep {
    let applied = this.#before;
    for (; this.#next < this.#rows.length && this.#rows[this.#next].atNs <= endNs; this.#next++) applied = this.#rows[this.#next].szApplied;
    const { scheme, action } = this.#rows[0];
    const step = { kdamond: this.#kdamond, scheme, action, sz_applied: applied - this.#before };
    this.#before = applied;
    return step;
  }
}

function schemesOf(run: Run): SchemeSteps[] {
  return Array.from({ length: nrKdamonds(run) }, (_, kdamond) => seenBy(run, kdamond).tables.schemes).flatMap((rows, kdamond) => {
    const indexes = [...new Set(rows.map(({ scheme }) => scheme))].sort((a, b) => a - b);
    return indexes.map(
      (index) =>
        new SchemeSteps(
          kdamond,
          rows.filter(({ scheme }) => scheme === index),
        ),
    );
  });
}
