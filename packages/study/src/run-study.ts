import path from 'node:path';
import { RunError } from '@damonlab/base';
import { type PooledRun, runAll, runOneByOne } from '@damonlab/lab';
import type { ResolvedScenario } from '@damonlab/scenario';
import { evaluate } from './evaluate.js';
import { measureAll } from './measure.js';
import { type Cell, cellsOf, clockOf, type Plan, planOf, runKey, scenarioOf } from './plan.js';
import type { StudyResult } from './results.js';
import type { Study } from './study.js';

export interface StudyOptions {
  readonly quick: boolean;
  /** Seeds of each variant, at least 3; left out: what the study says. */
  readonly seeds?: number;
  /** Worker threads. */
  readonly jobs: number;
  /** The runs go to `runs/` below it. */
  readonly outDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: StudyProgress) => void;
}

/** After each run. */
export interface StudyProgress {
  readonly done: number;
  readonly total: number;
  /** Of those done, the runs that were there already. */
  readonly kept: number;
}

export interface StudyOutcome {
  readonly progress: StudyProgress;
  /** Null: stopped before all runs were made. */
  readonly result: StudyResult | null;
}

interface PlannedRun {
  readonly cell: Cell;
  readonly seed: number;
  readonly scenario: ResolvedScenario;
  readonly clock: 'virtual' | 'wall';
}

/**
 * Make the runs of a study that are not there yet, take their figures and evaluate them. Figures and their evaluation do not depend on
 * `jobs`.
 * @throws RunError naming the runs that failed, after all others were made; UserError if nothing can be written
 */
export async function runStudy(study: Study, options: StudyOptions): Promise<StudyOutcome> {
  const { quick, outDir } = options;
  const plan = planOf(study, quick, options.seeds ?? study.seeds[quick ? 'quick' : 'full']);
  const planned = plannedRuns(study, quick, plan);
  const runs = await makeRuns(planned, path.join(outDir, 'runs'), options);
  const failed = runs.filter(({ state }) => state === 'failed');
  if (failed.length > 0) throw new RunError(failures(study, failed, runs.length));
  const progress = progressOf(runs, planned.length);
  if (runs.some(({ state }) => state === 'interrupted')) return { progress, result: null };
  const dirs = new Map(planned.map(({ cell, seed }, i) => [runKey(cell, seed), runs[i].dir as string]));
  const samples = await measureAll(study, plan, dirs);
  return { progress, result: evaluate(study, quick, plan, samples) };
}

/** Each run once, seed by seed: an early stop then leaves whole seeds, and the time for a run does not change on the way. */
function plannedRuns(study: Study, quick: boolean, plan: Plan): PlannedRun[] {
  const planned = new Map<string, { readonly cell: Cell; readonly seed: number }>();
  for (const cell of cellsOf(plan)) for (const seed of cell.seeds) planned.set(runKey(cell, seed), { cell, seed });
  return [...planned.values()]
    .sort((a, b) => a.seed - b.seed)
    .map(({ cell, seed }) => ({ cell, seed, scenario: scenarioOf(study, quick, cell, seed), clock: clockOf(study, cell) }));
}

/** Those in virtual time over all workers, then those in wall time one by one. */
async function makeRuns(planned: readonly PlannedRun[], runsDir: string, options: StudyOptions): Promise<PooledRun[]> {
  const { jobs, signal, onProgress } = options;
  const ended: PooledRun[] = [];
  const runOptions = {
    jobs,
    outDir: runsDir,
    ...(signal === undefined ? {} : { signal }),
    onEnd: (run: PooledRun) => {
      ended.push(run);
      onProgress?.(progressOf(ended, planned.length));
    },
  };
  const scenarios = (clock: 'virtual' | 'wall') => planned.filter((run) => run.clock === clock).map(({ scenario }) => scenario);
  const made = [...(await runAll(scenarios('virtual'), runOptions)), ...(await runOneByOne(scenarios('wall'), runOptions))];
  const byScenario = new Map(made.map((run) => [run.scenario, run]));
  return planned.map(({ scenario }) => byScenario.get(scenario) as PooledRun);
}

function progressOf(runs: readonly PooledRun[], total: number): StudyProgress {
  const kept = runs.filter(({ state }) => state === 'kept').length;
  return { done: kept + runs.filter(({ state }) => state === 'complete').length, total, kept };
}

function failures(study: Study, failed: readonly PooledRun[], total: number): string {
  const each = failed.map(({ scenario, reason }) => `  ${scenario.name}: ${reason?.replaceAll('\n', '\n  ')}`);
  return [`${failed.length} of ${total} runs of study ${study.name} failed:`, ...each].join('\n');
}
