import { NS_PER_SEC } from '@damonlab/base';
import type { Run } from '@damonlab/record';
import { type AccuracyReport, accuracy } from './accuracy/accuracy.js';
import { flatten, formatBytes, formatCsv, formatFigure, formatTable } from './format.js';
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
  readonly targets: readonly AccuracyReport[];
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
    duration_s: lastNs(run) / NS_PER_SEC,
    n_snap: run.snapshots.length,
    cpu: cpuSums(run),
    counters: run.counters,
    targets: run.targets.map((target) => accuracy(run, { target })),
  };
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

export function summaryText(report: SummaryReport): string {
  const rows: string[][] = [
    ['run', report.name],
    ['state', report.reason === null ? report.state : `${report.state}: ${report.reason}`],
    ['kernel', report.kernel ?? '-'],
    ['seed', report.seed === null ? '-' : String(report.seed)],
    ['virtual time', `${formatFigure(report.duration_s)} s`],
    ['snapshots', String(report.n_snap)],
  ];
  const { cpu } = report;
  if (cpu.accesses > 0) {
    rows.push(
      ['accesses', String(cpu.accesses)],
      ['TLB misses', `${cpu.tlb_misses} (${formatFigure(cpu.tlb_miss_ratio)} of accesses)`],
      ['page faults', String(cpu.page_faults)],
      ['context switches', String(cpu.context_switches)],
    );
  }
  for (const target of report.targets) rows.push(...targetRows(target, report.targets.length > 1));
  for (const [name, count] of Object.entries(report.counters)) rows.push([name, formatFigure(count)]);
  return `${rows.map(([name, value]) => formatTable([[name.padEnd(24), value]])).join('\n')}\n`;
}

function targetRows(target: AccuracyReport, several: boolean): string[][] {
  const prefix = several ? `target ${target.target_id}: ` : '';
  const bytes = (value: number | null) => (value === null ? '-' : formatBytes(value));
  const { nr_regions, wss, hot_phases_all_windows: hot, touched } = target;
  const rows = [
    [`${prefix}nr_regions`, `${formatFigure(nr_regions.min)} to ${formatFigure(nr_regions.max)}, median ${formatFigure(nr_regions.p50)}`],
    [`${prefix}wss`, `median ${bytes(wss.p50)}, mean ${bytes(wss.avg)}`],
  ];
  const score = (name: string, prec: number | null, rec: number | null) =>
    rows.push([`${prefix}${name}`, `precision ${formatFigure(prec)}, recall ${formatFigure(rec)}`]);
  if (hot.n > 0) score('hot phases', hot.prec_1, hot.rec_1);
  if (touched !== null) score('touched pages', touched.prec_1, touched.rec_1);
  return rows;
}

/** All figures, one a line. */
export function summaryCsv(report: SummaryReport): string {
  return formatCsv(['figure', 'value'], flatten(report));
}
