import type { ResolvedScenario } from '@damonlab/scenario';
import { codeDigest } from './code-digest.js';
import { keptRun } from './kept-run.js';
import type { PoolReply, PoolTask } from './run-pool-worker.js';
import { runScenario } from './run-scenario.js';

export interface RunPoolOptions {
  /** Worker threads, ≥ 1. Each makes one run at a time, with all its CPUs in that thread. */
  readonly jobs: number;
  /** Directory to make the runs' directories in. */
  readonly outDir: string;
  /** When it aborts, runs under way end as interrupted and the others are not begun. */
  readonly signal?: AbortSignal;
  /** Called after each run, in the order in which they end. */
  readonly onEnd?: (run: PooledRun) => void;
}

/** What became of one run. */
export interface PooledRun {
  readonly scenario: ResolvedScenario;
  /** `kept`: it was already there, complete and made by the same code. */
  readonly state: 'complete' | 'kept' | 'interrupted' | 'failed';
  /** Null: it was not begun, or has failed (`reason` says where its remains are). */
  readonly dir: string | null;
  /** Why it failed; else null. */
  readonly reason: string | null;
}

/**
 * Make independent runs over worker threads. Runs that are already under `outDir` are not repeated: a run is a function of its scenario
 * and of the code. The result is in the order of `scenarios`, whatever the number of jobs. A run that fails does not stop the others.
 */
export async function runAll(scenarios: readonly ResolvedScenario[], options: RunPoolOptions): Promise<PooledRun[]> {
  const { jobs, outDir, signal, onEnd } = options;
  const code = codeDigest();
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const onAbort = () => Atomics.store(stop, 0, 1);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  // Workers are files of the build, also for tests that run from source.
  const filename = new URL('../dist/run-pool-worker.js', import.meta.url).href;
  // Loaded here: all other commands start faster without it.
  const { Piscina } = await import('piscina');
  const pool = new Piscina<PoolTask, PoolReply>({ filename, minThreads: 1, maxThreads: jobs });
  try {
    const runOne = async (scenario: ResolvedScenario): Promise<PooledRun> => {
      const kept = keptRun(outDir, scenario, code);
      const run = kept === null ? resultOf(scenario, await pool.run({ scenario, outDir, code, stop })) : keptResult(scenario, kept);
      onEnd?.(run);
      return run;
    };
    return await Promise.all(scenarios.map(runOne));
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await pool.destroy();
  }
}

/**
 * Make runs in wall time, one after the other with a thread for each CPU: two at a time would race with each other as well. Runs that are
 * there are not repeated, though they would not come out the same.
 */
export async function runOneByOne(scenarios: readonly ResolvedScenario[], options: Omit<RunPoolOptions, 'jobs'>): Promise<PooledRun[]> {
  const { outDir, signal, onEnd } = options;
  const code = codeDigest();
  const runs: PooledRun[] = [];
  for (const scenario of scenarios) {
    const kept = keptRun(outDir, scenario, code, 'wall');
    const run = kept === null ? resultOf(scenario, await runInWallTime(scenario, outDir, code, signal)) : keptResult(scenario, kept);
    runs.push(run);
    onEnd?.(run);
  }
  return runs;
}

async function runInWallTime(scenario: ResolvedScenario, outDir: string, code: string, signal?: AbortSignal): Promise<PoolReply> {
  if (signal?.aborted === true) return { state: 'interrupted', dir: null };
  try {
    const options = {
      executor: 'threads',
      clock: 'wall',
      outDir,
      hostFacts: { code },
      ...(signal === undefined ? {} : { signal }),
    } as const;
    const { state, dir } = await runScenario(scenario, options);
    return { state, dir };
  } catch (error) {
    return { state: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

function keptResult(scenario: ResolvedScenario, dir: string): PooledRun {
  return { scenario, state: 'kept', dir, reason: null };
}

function resultOf(scenario: ResolvedScenario, reply: PoolReply): PooledRun {
  if (reply.state === 'failed') return { scenario, state: 'failed', dir: null, reason: reply.reason };
  return { scenario, state: reply.state, dir: reply.dir, reason: null };
}
