import { RunError, UserError } from '@damonlab/base';
import { runScenario, simulate } from '@damonlab/lab';
import { hashRows, openRun, type Run, scenarioHash } from '@damonlab/record';
import { type Override, type ResolvedScenario, resolveBundle, type ScenarioBundle } from '@damonlab/scenario';
import type { Figures } from '@damonlab/store';
import { collectFigures } from './figures.js';

/** One point, for a worker thread. */
export interface PointTask {
  readonly bundle: ScenarioBundle;
  readonly overrides: readonly Override[];
  /** What the sweep says that these come to. */
  readonly scenarioHash: string;
  /** Figures to collect besides those of the summary. */
  readonly paths: readonly string[];
  /** Folder that keeps the run directory; null: nobody does. */
  readonly runs: string | null;
  /** One word, written by the main thread: not 0 once everything is to stop. */
  readonly stop: Int32Array;
}

/** Errors lose their class on the way between threads, so they travel as data. */
export type PointReply =
  | PointMade
  | { readonly state: 'failed'; readonly error: string }
  | { readonly state: 'mismatch'; readonly scenarioHash: string }
  | { readonly state: 'stopped' };

export interface PointMade {
  readonly state: 'done';
  readonly bits: string;
  readonly figures: Figures;
  /** Of the figures that were asked for. */
  readonly missing: readonly string[];
  readonly run: string | null;
  /** Wall-clock time. */
  readonly ms: number;
}

const LOOK_FOR_STOP_MS = 50;

/** Make the run of a point and take its figures, in this thread. Never throws for what may happen to a run. */
export async function runPoint(task: PointTask): Promise<PointReply> {
  if (Atomics.load(task.stop, 0) !== 0) return { state: 'stopped' };
  const startedMs = performance.now();
  const controller = new AbortController();
  const look = setInterval(() => {
    if (Atomics.load(task.stop, 0) !== 0) controller.abort();
  }, LOOK_FOR_STOP_MS);
  try {
    const scenario = resolveBundle(task.bundle, task.overrides);
    const hash = scenarioHash(scenario);
    if (hash !== task.scenarioHash) return { state: 'mismatch', scenarioHash: hash };
    const run = await makeRun(scenario, task.runs, controller.signal);
    if (run.state === 'interrupted') return { state: 'stopped' };
    const made = { bits: hashRows(run), ...collectFigures(run, task.paths), run: task.runs === null ? null : run.path };
    return { state: 'done', ...made, ms: performance.now() - startedMs };
  } catch (error) {
    return { state: 'failed', error: messageOf(error) };
  } finally {
    clearInterval(look);
  }
}

async function makeRun(scenario: ResolvedScenario, runs: string | null, signal: AbortSignal): Promise<Run> {
  if (runs === null) return simulate(scenario, signal);
  const { dir } = await runScenario(scenario, { executor: 'inline', outDir: runs, signal });
  return openRun(dir as string);
}

/** Defects of damonlab with their place: nobody can look into a thread of a machine far away. */
function messageOf(error: unknown): string {
  if (error instanceof UserError || error instanceof RunError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
