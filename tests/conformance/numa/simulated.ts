import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { simulate } from '@damonlab/lab';
import type { Run } from '@damonlab/record';
import { CONVERGENCE, type PlacementPoint, type PlacementReport, placement } from '@damonlab/report';
import { loadScenario } from '@damonlab/scenario';
import type { RunFigures } from '../kernel/figures.js';
import type { Figures, MeasuredGroup } from '../kernel/measured.js';

/** Convergence times, counters and scan periods pass within the real range widened by this share of its mean on each side. */
export const WIDEN_NUMA = 0.15;

/** Real runs of one workload on machines with two nodes. */
export interface NumaGroup extends MeasuredGroup {
  /** File in `workloads/`, without its extension. */
  readonly workload: string;
  /** When the recorder of each real run first looked where the pages were, s; it did so every half second. */
  readonly row_start_s?: readonly number[];
}

const RECORDER_S = 0.5;
const SEEDS = 3;
/** When the hot sweeps begin in the workloads of memory tiering: the measurements' time 0, s. */
const TIERING_START_S: ReadonlyMap<string, number> = new Map([
  ['tiering-free', 0.44],
  ['tiering-rate-limit', 3.12],
]);

export function numaGroups(): NumaGroup[] {
  const file: { groups: { kernel: '6.12' | '7.3'; name: string; workload: string; row_start_s?: number[]; figures: Figures }[] } =
    JSON.parse(readFileSync(pathOf('linux-numa.json'), 'utf8'));
  return file.groups;
}

/** For each seed one run, its figures as each of the real runs' recorders would have seen them. */
export async function simulateNumaGroup(group: NumaGroup): Promise<RunFigures[]> {
  const figures: RunFigures[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = await simulate(scenarioOf(group, seed));
    const startS = TIERING_START_S.get(group.workload);
    if (startS !== undefined) figures.push(tieringFigures(run, startS, group.figures));
    else for (const rowStart of group.row_start_s ?? []) figures.push(balancingFigures(placement(run), rowStart));
  }
  return figures;
}

function scenarioOf({ kernel, workload }: NumaGroup, seed: number) {
  const set = (key: string, value: string) => ({ flag: `--set ${key}=${value}`, key, value });
  return loadScenario(pathOf(`workloads/${workload}.yaml`), [set('kernel', JSON.stringify(kernel)), set('seed', String(seed))]);
}

/** Figures of a run of 20 s as a recorder sees it that looks every half second from `rowStartS` on. */
function balancingFigures(report: PlacementReport, rowStartS: number): RunFigures {
  const figures = new Map<string, number>();
  const rows = recorded(report.rows, rowStartS);
  const set = (name: string, value: number | null | undefined) => {
    if (value !== null && value !== undefined) figures.set(name, value);
  };
  for (const level of CONVERGENCE) set(`conv.${level}`, rows.find(({ at }) => reached(report, at, Number(level)))?.t);
  for (const name of ['pte_updates', 'hint_faults', 'hint_local', 'migrated'] as const) set(`final.${name}`, report.final[name]);
  set('node1', report.final.node1);
  for (const second of [4, 8, 12, 16]) {
    const at = rows.filter(({ t }) => t <= second).at(-1)?.at;
    for (const name of ['pte_updates', 'hint_faults', 'migrated'] as const) set(`at_${second}s.${name}`, at?.[name]);
  }
  for (const [name, value] of scanFigures(report)) set(name, value);
  return figures;
}

interface Recorded {
  readonly t: number;
  readonly at: PlacementPoint;
}

/** What the machine looked like at each look of the recorder: as at the end of the last window before it. */
function recorded(rows: readonly PlacementPoint[], startS: number): Recorded[] {
  const looks: Recorded[] = [];
  for (let t = startS; t <= rows[rows.length - 1].t; t += RECORDER_S) {
    const at = rows.filter((row) => row.t <= t).at(-1);
    if (at !== undefined) looks.push({ t, at });
  }
  return looks;
}

/** Whether more than `level` of the pages that belong on node 1 are there. */
function reached({ regions }: PlacementReport, point: PlacementPoint, level: number): boolean {
  const there = regions.filter(({ home }) => home === 1).map(({ region }) => point.pages[region]);
  const all = there.reduce((sum, byNode) => sum + byNode[0] + byNode[1], 0);
  return there.reduce((sum, byNode) => sum + byNode[1], 0) > level * all;
}

function scanFigures({ scan_work }: PlacementReport): [string, number | undefined][] {
  const threads = Object.values(scan_work);
  const passes = threads.flat().sort((a, b) => a[0] - b[0]);
  const firsts = threads.map(([first]) => first[0]).sort((a, b) => a - b);
  const periods = (sequence: number) => passes.filter(([, seq]) => seq === sequence).map(([, , period]) => period);
  return [
    ['scan.first_s', firsts[0]],
    ['scan.other_thread_first_s', firsts[1]],
    ['scan.passes', passes.length],
    ['scan.seq0_period_ms', Math.max(...periods(0))],
    ['scan.seq1_period_max_ms', Math.max(...periods(1))],
    ['scan.seq1_period_min_ms', Math.min(...periods(1))],
    ['scan.pass2_s', passes[1]?.[0]],
    ['scan.pass3_s', passes[2]?.[0]],
  ];
}

/** Figures under the names of the measurements; times count from `startS`. */
function tieringFigures(run: Run, startS: number, wanted: Figures): RunFigures {
  const figures = new Map<string, number>();
  // The measurements begin with the sweeps, and count a scan when it ends.
  const ends = run.tables.scan_passes.map(({ atNs, costNs }) => (atNs + costNs) / 1e9 - startS).filter((endS) => endS > 0);
  ends.forEach((endS, i) => {
    figures.set(`scan.pass${i + 1}_s`, endS);
  });
  for (const name of Object.keys(wanted)) {
    const at = /^at_(\d+)s\.(.+)$/.exec(name);
    if (at === null) continue;
    const untilNs = (startS + Number(at[1])) * 1e9;
    const area = /^(.+)_on_node0$/.exec(at[2])?.[1];
    const value =
      area === undefined
        ? run.tables.vmstat.filter(({ counter, endNs }) => counter === at[2] && endNs <= untilNs).at(-1)?.value
        : run.tables.placement.filter(({ region, nid, endNs }) => region === area && nid === 0 && endNs <= untilNs).at(-1)?.pages;
    if (value !== undefined) figures.set(name, value);
  }
  return figures;
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
