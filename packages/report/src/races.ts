import { UserError } from '@damonlab/base';
import type { RaceRow, Run } from '@damonlab/record';
import { formatCount, formatCsv, formatNs, formatTable } from './format.js';

/** What races are, in the order of the report; docs/concurrency.md says it in full. */
const MEANINGS: readonly (readonly [race: string, meaning: string])[] = [
  ['lost_accessed', 'accesses before a check that were marked after it'],
  ['late_accessed', 'accesses before a clear that were marked after it'],
  ['missed_checks', 'checks that a CPU was too late to look at'],
  ['lost_claims', 'touches of an armed page that came second'],
  ['lost_first_touches', 'touches of a new page that came second'],
  ['stale_tlb_hits', 'armed pages touched through a translation that was shot down'],
  ['tlb_overruns', 'times that a CPU was too late for the shootdowns'],
  ['numa_ring_full', 'faults that NUMA balancing was not told of'],
  ['descheduled', 'times that the host did not run a CPU'],
  ['descheduled_ns', 'and for how long'],
  ['slices', 'slices that the CPUs ran in'],
];

export interface RaceCount {
  readonly race: string;
  readonly count: number;
  /** By CPU. */
  readonly by_cpu: readonly number[];
  readonly meaning: string;
}

/** Wake-ups of kdamonds that were at least `low_ns` and less than `high_ns` late. */
export interface LatenessBucket {
  readonly low_ns: number;
  readonly high_ns: number;
  readonly count: number;
}

export interface RacesReport {
  readonly name: string;
  readonly duration_s: number;
  readonly races: readonly RaceCount[];
  readonly timer_lateness: readonly LatenessBucket[];
  /** Upper end of the bucket that the share of wake-ups does not exceed, ns; null: none. */
  readonly timer_p50_ns: number | null;
  readonly timer_p99_ns: number | null;
}

/** What the threads of a run in wall time did to each other. UserError: nothing raced in this run. */
export function races(run: Run): RacesReport {
  const { races: rows, timer_lateness: late } = run.tables;
  if (rows.length === 0) {
    throw new UserError('nothing raced in this run', {
      where: run.path,
      expected: 'a run in wall time',
      actual: `clock: ${run.manifest?.clock ?? 'virtual'}`,
      hint: 'record one with damonlab run --clock wall',
    });
  }
  const buckets = new Map<number, LatenessBucket>();
  for (const { lowNs, highNs, count } of late) {
    buckets.set(lowNs, { low_ns: lowNs, high_ns: highNs, count: count + (buckets.get(lowNs)?.count ?? 0) });
  }
  const timerLateness = [...buckets.values()].sort((a, b) => a.low_ns - b.low_ns);
  return {
    name: run.name,
    duration_s: Math.max(...rows.map(({ endNs }) => endNs)) / 1e9,
    races: MEANINGS.map(([race, meaning]) => ({ race, ...countsOf(rows, race), meaning })),
    timer_lateness: timerLateness,
    timer_p50_ns: quantile(timerLateness, 0.5),
    timer_p99_ns: quantile(timerLateness, 0.99),
  };
}

function countsOf(rows: readonly RaceRow[], race: string): { count: number; by_cpu: number[] } {
  const byCpu = new Array<number>(1 + Math.max(...rows.map(({ cpu }) => cpu))).fill(0);
  for (const row of rows) if (row.race === race) byCpu[row.cpu] += row.count;
  return { count: byCpu.reduce((sum, count) => sum + count, 0), by_cpu: byCpu };
}

function quantile(buckets: readonly LatenessBucket[], share: number): number | null {
  const all = buckets.reduce((sum, { count }) => sum + count, 0);
  let below = 0;
  for (const { high_ns, count } of buckets) {
    below += count;
    if (below >= share * all) return high_ns;
  }
  return null;
}

/** So many CPUs get a column each. */
const MOST_COLUMNS = 8;

export function racesText(report: RacesReport): string {
  const cpus = report.races[0].by_cpu.length;
  const columns = cpus > 1 && cpus <= MOST_COLUMNS ? Array.from({ length: cpus }, (_, cpu) => cpu) : [];
  const show = (race: string, count: number) => (race.endsWith('_ns') ? formatNs(count) : formatCount(count));
  const width = Math.max(...report.races.map(({ meaning }) => meaning.length));
  const rows = report.races.map(({ race, count, by_cpu, meaning }) => {
    return [race, show(race, count), ...columns.map((cpu) => show(race, by_cpu[cpu])), meaning.padEnd(width)];
  });
  const table = formatTable([['# race', 'all', ...columns.map((cpu) => `CPU ${cpu}`), 'meaning'.padEnd(width)], ...rows]);
  return `${table}\n\n${latenessText(report)}\n`;
}

function latenessText({ timer_lateness, timer_p50_ns, timer_p99_ns }: RacesReport): string {
  if (timer_lateness.length === 0) return '# the kdamond did not wake up';
  const rows = timer_lateness.map(({ low_ns, high_ns, count }) => [formatNs(low_ns), formatNs(high_ns), formatCount(count)]);
  const half = `# half of the wake-ups were less than ${formatNs(timer_p50_ns ?? 0)} late, 99 % less than ${formatNs(timer_p99_ns ?? 0)}`;
  return `${formatTable([['# late from', 'to', 'wake-ups'], ...rows])}\n\n${half}`;
}

export function racesCsv({ races: counts, timer_lateness }: RacesReport): string {
  const late = timer_lateness.map(({ low_ns, count }) => [`timer_late_from_${low_ns}_ns`, '', count]);
  const byCpu = counts.flatMap(({ race, by_cpu }) => by_cpu.map((count, cpu) => [race, cpu, count]));
  return formatCsv(['what', 'cpu', 'count'], [...byCpu, ...late]);
}
