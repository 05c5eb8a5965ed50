import { NS_PER_MS } from '@damonlab/base';
import { simulate } from '@damonlab/lab';
import type { Run } from '@damonlab/record';
import { parseScenario, type ResolvedScenario } from '@damonlab/scenario';
import { figuresOf, type RunFigures } from './figures.js';
import { matchedSeeds } from './matched-seeds.js';
import { type Group, pathOf, type Setup } from './measured.js';

/** Simulated runs of a group, at least. */
const LEAST_RUNS = 5;

/** Simulated runs beside each real one: as many as are asked for, and twice that where a run is cheap or runs differ much. */
function runsPerReal({ figures, setup }: Group): number {
  const enough = Math.ceil(LEAST_RUNS / figures.total_bytes.length);
  const dearAndAlike = setup.workload === 'zigzag-30s' || setup.workload === 'random-100mb' || setup.thp === 'always';
  return dearAndAlike ? enough : Math.max(2, enough);
}

/** The recorder looked every so often whether the workload still ran, counted from turning DAMON on: a switch of address spaces. */
const RECORDER_MS = 500;

/** When the first phase of masim begins here, ms after its start: the random number table with the faults of its heap. */
const MASIM_PHASE_MS = 120.4;
/** When the sparse pattern has touched all its memory and begins to sweep. */
const SPARSE_PHASE_MS = { never: 2_115, always: 279 } as const;

/** When DAMON was turned on and off, ms. */
interface Watch {
  /** From the start of the first phase. */
  readonly onMs: number;
  /** For how long the dead workload was still watched: until the recorder's next look. */
  readonly lingerMs: number;
}

/**
 * From the real runs: which windows are wholly inside a phase says where the first one began, their number when the last one ended.
 */
function watchOf({ kernel, setup }: Group): Watch {
  if (setup.workload === 'sparse-8g') return { onMs: -4.5, lingerMs: 0 };
  if (setup.throttled) return { onMs: -97, lingerMs: 395 };
  return kernel === '6.12' ? { onMs: 71, lingerMs: 570 } : { onMs: -4, lingerMs: 495 };
}

/** The group's set-up as a scenario. */
export function scenarioOf(group: Group, seed: number): ResolvedScenario {
  const { setup } = group;
  const text = JSON.stringify({
    name: group.name,
    kernel: group.kernel,
    seed,
    ...(setup.tlb_flush_after_clear ? IDEAL_TLB : ENDLESS_TLB),
    thp: setup.thp,
    truth: 'off',
    processes: [{ workload: setup.workload === 'sparse-8g' ? sparse(setup) : masim(setup) }],
    monitor: {
      intervals: { sample_us: setup.sample_us, aggr_us: setup.aggr_us, ops_update_us: setup.ops_update_us },
      nr_regions: { min: setup.min_nr_regions, max: setup.max_nr_regions },
    },
  });
  return watched(parseScenario(text, pathOf('workloads/scenario.yaml')), phaseMs(setup), watchOf(group));
}

const IDEAL_TLB = { machine: 'oracle', tlb: 'off' };
const ENDLESS_TLB = { machine: { preset: 'oracle', background_switch: `${RECORDER_MS}ms` }, tlb: 'infinite' };

function masim({ workload, throttled, tlb_flush_after_clear }: Setup): object {
  return {
    masim: `${workload}.cfg`,
    ...(throttled ? { nr_accesses_per_region: 26_000, throttle: '1060us' } : {}),
    // Each look of the recorder flushed the endless TLB, so phases must lie to its looks as they lay there.
    ...(tlb_flush_after_clear ? {} : { startup: `${118 + LATER_MS}ms` }),
  };
}

/** Moves the beginning of DAMON onto a multiple of the recorder's interval. */
const LATER_MS = RECORDER_MS - (MASIM_PHASE_MS - 97);

function sparse({ thp }: Setup): object {
  return { pattern: 'sparse', size: '8GiB', duration: `${SPARSE_PHASE_MS[thp] + 12_000}ms`, sweep_every: '500us', access: '8ns' };
}

function phaseMs(setup: Setup): number {
  if (setup.workload === 'sparse-8g') return SPARSE_PHASE_MS[setup.thp];
  return setup.tlb_flush_after_clear ? MASIM_PHASE_MS : MASIM_PHASE_MS + LATER_MS;
}

function watched(scenario: ResolvedScenario, beginMs: number, { onMs, lingerMs }: Watch): ResolvedScenario {
  const { machine } = scenario;
  if (machine.monitor === null) return scenario;
  const times = { startNs: Math.round((beginMs + onMs) * NS_PER_MS), lingerNs: lingerMs * NS_PER_MS };
  return { ...scenario, machine: { ...machine, monitor: { ...machine.monitor, ...times } } };
}

/** Runs of a group, one after the other. */
export async function simulateGroup(group: Group, perReal = runsPerReal(group)): Promise<RunFigures[]> {
  const totals = group.figures.total_bytes.filter((total) => total !== null);
  const runs: RunFigures[] = [];
  for (const seed of matchedSeeds(scenarioOf(group, 1), totals, perReal)) {
    const run = await simulate(scenarioOf(group, seed));
    checkBegin(group, run);
    runs.push(figuresOf(run));
  }
  return runs;
}

/** What kdamond takes from a start-up that it already watches, ms at most. */
const BEGIN_TOLERANCE_MS = 10;

/** The time of DAMON's start was counted from where the first phase was expected to begin. */
function checkBegin({ name, setup }: Group, run: Run): void {
  const beginMs = run.phases[0].startNs / NS_PER_MS;
  const expectedMs = phaseMs(setup);
  if (Math.abs(beginMs - expectedMs) > BEGIN_TOLERANCE_MS)
    throw new Error(`first phase of ${name} begins at ${beginMs} ms, expected ${expectedMs} ms`);
}
