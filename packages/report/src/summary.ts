import { NS_PER_SEC } from '@damonlab/base';
import { nrKdamonds, type Run, seenBy } from '@damonlab/record';
import { type AccuracyReport, accuracy } from './accuracy/accuracy.js';
import { flatten, formatBytes, formatCount, formatCsv, formatFigure, formatNs, formatRatio } from './format.js';
import { ratio } from './stats.js';

/** The figures of a run that reports and sweeps compare. */
export interface SummaryReport {
  readonly name: string;
  readonly state: Run['state'];
  readonly reason: string | null;
  /** Null for a damo record, as the next two. */
  readonly scenario_hash: string | null;
  readonly seed: number | null;
  readonly kernel: string | null;
  /** Virtual seconds up to the last thing recorded. */
  readonly clock: 'virtual' | 'wall';
  readonly duration_s: number;
  readonly n_snap: number;
  /** Sums over all simulated CPUs. */
  readonly cpu: {
    readonly accesses: number;
    readonly tlb_misses: number;
    readonly tlb_miss_ratio: number | null;
    readonly page_faults: number;
    readonly context_switches: number;
    readonly busy_s: number;
  };
  readonly counters: Readonly<Record<string, number>>;
  /** Of the first kdamond. */
  readonly targets: readonly AccuracyReport[];
  /** Of the kdamonds beside it; only if there are any. */
  readonly other_kdamonds?: readonly { readonly kdamond: number; readonly n_snap: number; readonly targets: readonly AccuracyReport[] }[];
}

/** Any run, also one without snapshots. */
export function summary(run: Run): SummaryReport {
  return {
    name: run.name,
    state: run.state,
    reason: run.reason,
    scenario_hash: run.manifest?.scenarioHash ?? null,
    seed: run.manifest?.seed ?? null,
    kernel: run.manifest?.kernel ?? null,
    clock: run.manifest?.clock ?? 'virtual',
    duration_s: lastNs(run) / NS_PER_SEC,
    n_snap: run.snapshots.length,
    cpu: cpuSums(run),
    counters: run.counters,
    targets: targetsOf(run),
    ...otherKdamonds(run),
  };
}

function targetsOf(run: Run): AccuracyReport[] {
  return run.targets.map((target) => accuracy(run, { target }));
}

function otherKdamonds(run: Run): Pick<SummaryReport, 'other_kdamonds'> {
  if (nrKdamonds(run) <= 1) return {};
  const others = Array.from({ length: nrKdamonds(run) - 1 }, (_, i) => ({ kdamond: i + 1, seen: seenBy(run, i + 1) }));
  return { other_kdamonds: others.map(({ kdamond, seen }) => ({ kdamond, n_snap: seen.snapshots.length, targets: targetsOf(seen) })) };
}

function lastNs(run: Run): number {
  let last = 0;
  for (const rows of [run.snapshots, run.truth, run.phases, run.cpuCounters]) {
    for (const { endNs } of rows) last = Math.max(last, endNs);
  }
  return last;
}

function cpuSums({ cpuCounters }: Run): SummaryReport['cpu'] {
  const sum = { accesses: 0, tlbMisses: 0, pageFaults: 0, contextSwitches: 0, busyNs: 0 };
  for (const c of cpuCounters) {
    sum.accesses += c.accesses;
    sum.tlbMisses += c.tlbMisses;
    sum.pageFaults += c.pageFaults;
    sum.contextSwitches += c.contextSwitches;
    sum.busyNs += c.busyNs;
  }
  return {
    accesses: sum.accesses,
    tlb_misses: sum.tlbMisses,
    tlb_miss_ratio: ratio(sum.tlbMisses, sum.accesses),
    page_faults: sum.pageFaults,
    context_switches: sum.contextSwitches,
    busy_s: sum.busyNs / NS_PER_SEC,
  };
}

/** What a person wants to know of a run, in damo's words. */
export function summaryText(report: SummaryReport): string {
  const rows: Row[] = [
    ['run', `${report.name}, ${report.reason === null ? report.state : `${report.state}: ${report.reason}`}`],
    ...(report.kernel === null ? [] : [['kernel', `${report.kernel}, seed ${report.seed ?? '-'}`] satisfies Row]),
    [`${report.clock} time`, `${report.duration_s.toFixed(3)} s, ${formatCount(report.n_snap)} snapshots`],
    ...machineRows(report),
    ...kdamondRows(report.targets, ''),
    ...(report.other_kdamonds ?? []).flatMap(({ kdamond, targets }) => kdamondRows(targets, `kdamond ${kdamond} `)),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

function kdamondRows(targets: readonly AccuracyReport[], prefix: string): Row[] {
  return targets.flatMap((target) => targetRows(target, targets.length > 1 ? `${prefix}target ${target.target_id} ` : prefix));
}

type Row = readonly [name: string, value: string];

/** What CPUs, memory and kdamond did, as far as it was counted. */
function machineRows({ cpu, counters }: SummaryReport): Row[] {
  const rows: Row[] = [];
  if (cpu.accesses > 0) {
    const switches = cpu.context_switches === 1 ? '1 context switch' : `${formatCount(cpu.context_switches)} context switches`;
    rows.push(
      ['accesses', `${formatCount(cpu.accesses)} in ${cpu.busy_s.toFixed(3)} s of CPU time, ${switches}`],
      ['tlb_misses', `${formatCount(cpu.tlb_misses)} (${percent(cpu.tlb_miss_ratio)} of accesses)`],
      ['page faults', [formatCount(cpu.page_faults), ...hugeFaults(counters)].join(', ')],
    );
  }
  const { nr_samples: samples = 0, kdamond_ns: ns = 0, kdamond_ns_per_sample: perSample = 0 } = counters;
  if (samples > 0) rows.push(['kdamond', `${formatCount(samples)} samples, ${formatNs(ns)} of CPU time, ${formatNs(perSample)} a sample`]);
  return rows;
}

function hugeFaults({ thp_fault_alloc: huge = 0, thp_fault_fallback: fallback = 0 }: SummaryReport['counters']): string[] {
  return huge + fallback === 0 ? [] : [`thp_fault_alloc ${formatCount(huge)}`, `thp_fault_fallback ${formatCount(fallback)}`];
}

function targetRows(target: AccuracyReport, prefix: string): Row[] {
  const bytes = (value: number | null) => (value === null ? '-' : formatBytes(value));
  const { nr_regions, wss, hot_phases_all_windows: hot, touched } = target;
  const truth = touched === null ? '' : `; truly touched: mean ${bytes(touched.truth)}`;
  const rows: Row[] = [
    [`${prefix}nr_regions`, `${formatFigure(nr_regions.min)} to ${formatFigure(nr_regions.max)}, median ${formatFigure(nr_regions.p50)}`],
    [`${prefix}wss`, `median ${bytes(wss.p50)}, mean ${bytes(wss.avg)}${truth}`],
  ];
  const score = (name: string, precision: number | null, recall: number | null): Row => [
    `${prefix}${name}`,
    `precision ${formatRatio(precision)}, recall ${formatRatio(recall)}`,
  ];
  if (hot.n > 0) rows.push(score('hot phases', hot.prec_1, hot.rec_1));
  if (touched !== null) rows.push(score('touched', touched.prec_1, touched.rec_1));
  return rows;
}

function percent(ratio: number | null): string {
  return ratio === null ? '-' : `${(100 * ratio).toFixed(1)} %`;
}

/** All figures, one a line. */
export function summaryCsv(report: SummaryReport): string {
  return formatCsv(['figure', 'value'], flatten(report));
}
