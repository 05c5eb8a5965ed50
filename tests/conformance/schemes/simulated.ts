import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NS_PER_SEC } from '@damonlab/base';
import { simulate } from '@damonlab/lab';
import type { Run, SchemeRow } from '@damonlab/record';
import { loadScenario } from '@damonlab/scenario';
import type { RunFigures } from '../kernel/figures.js';
import { matchedSeeds } from '../kernel/matched-seeds.js';
import type { MeasuredGroup } from '../kernel/measured.js';

/** Real runs of schemes that move memory. */
export interface SchemesGroup extends MeasuredGroup {
  /** File in `workloads/`, without its extension. */
  readonly workload: string;
  /** Bytes that each real run monitored, where that differs from run to run. */
  readonly total_bytes?: readonly number[];
}

export function schemesGroups(): SchemesGroup[] {
  const file: { groups: SchemesGroup[] } = JSON.parse(readFileSync(pathOf('linux-schemes.json'), 'utf8'));
  return file.groups;
}

/** Beside a real run of its size so many simulated ones: small regions at the ends of an area are throws. */
const PER_REAL_RUN = 5;

/** The figures of simulated runs: of the sizes of real runs where those differ, else of as many seeds as there are real runs. */
export async function simulateSchemesGroup({ workload, total_bytes, figures }: SchemesGroup): Promise<RunFigures[]> {
  const file = pathOf(`workloads/${workload}.yaml`);
  const seeds =
    total_bytes === undefined
      ? Object.values(figures)[0].map((_, i) => i + 1)
      : matchedSeeds(loadScenario(file), total_bytes, PER_REAL_RUN);
  const runs: RunFigures[] = [];
  for (const seed of seeds) {
    const run = await simulate(loadScenario(file, [{ flag: `--seed ${seed}`, key: 'seed', value: String(seed) }]));
    runs.push(figuresOf(run, figures));
  }
  return runs;
}

const COUNTERS: Readonly<Record<string, keyof SchemeRow>> = {
  nr_tried: 'nrTried',
  sz_tried: 'szTried',
  nr_applied: 'nrApplied',
  sz_applied: 'szApplied',
  sz_ops_filter_passed: 'szOpsFilterPassed',
  qt_exceeds: 'qtExceeds',
  nr_snapshots: 'nrSnapshots',
  effective_bytes: 'effectiveBytes',
};

/** Figures under the names of the measurements, whose time 0 is when DAMON was turned on. */
function figuresOf(run: Run, wanted: MeasuredGroup['figures']): RunFigures {
  const [{ startNs }] = run.snapshots;
  const figures = new Map<string, number>();
  for (const name of Object.keys(wanted)) {
    const value = pagesFigure(run, startNs, name) ?? roundFigure(run, startNs, name);
    if (value !== undefined) figures.set(name, value);
  }
  return figures;
}

/**
 * `at_5s.hot_on_node1`: pages of an area on a node at a time. The simulator decides a round at one instant and lets its time pass then; a
 * look in the middle of a round sees the pages whose time has passed.
 */
function pagesFigure({ tables }: Run, startNs: number, name: string): number | undefined {
  const [, second, area, node] = /^at_([\d.]+)s\.(.+)_on_node(\d)$/.exec(name) ?? [];
  if (area === undefined) return undefined;
  const atNs = startNs + Number(second) * NS_PER_SEC;
  const [before, last] = tables.placement
    .filter(({ region, nid, endNs }) => region === area && nid === Number(node) && endNs <= atNs)
    .slice(-2);
  const round = tables.schemes.find((row) => row.atNs >= last.endNs);
  if (round === undefined || round.atNs <= atNs) return last.pages;
  return before.pages + ((last.pages - before.pages) * (atNs - last.endNs)) / (round.atNs - last.endNs);
}

/** `scheme1.round3.sz_tried`, `round2.end_s`, `final.nr_applied`: what a scheme had done after a round, or when that was. */
function roundFigure({ tables }: Run, startNs: number, name: string): number | undefined {
  const [, scheme = '0', round, key] = /^(?:scheme(\d)\.)?(?:round(\d)|final)\.(.+)$/.exec(name) ?? [];
  if (key === undefined) return undefined;
  const rows = tables.schemes.filter((row) => row.scheme === Number(scheme));
  const row = rows.at(round === undefined ? -1 : Number(round) - 1);
  if (row === undefined) return undefined;
  return key === 'end_s' ? (row.atNs - startNs) / NS_PER_SEC : Number(row[COUNTERS[key]]);
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
