import type { ResolvedScenario } from '@damonlab/scenario';
import { runScenario } from './run-scenario.js';

/** One run for a worker of the pool. */
export interface PoolTask {
  readonly scenario: ResolvedScenario;
  readonly outDir: string;
  readonly code: string;
  /** Written by the main thread, read by all workers: not 0 once everything is to stop. */
  readonly stop: Int32Array;
}

/** Errors lose their class on the way between threads, so they travel as data. */
export type PoolReply =
  | { readonly state: 'complete' | 'interrupted'; readonly dir: string | null }
  | { readonly state: 'failed'; readonly reason: string };

/** Entry of a piscina worker. Piscina's `AbortSignal` would kill the worker in the middle of a file; a flag lets the run end itself. */
export default async function run({ scenario, outDir, code, stop }: PoolTask): Promise<PoolReply> {
  if (Atomics.load(stop, 0) !== 0) return { state: 'interrupted', dir: null };
  const controller = new AbortController();
  const onProgress = () => {
    if (Atomics.load(stop, 0) !== 0) controller.abort();
  };
  try {
    const options = { executor: 'inline', outDir, signal: controller.signal, onProgress, hostFacts: { code } } as const;
    const { state, dir } = await runScenario(scenario, options);
    return { state, dir };
  } catch (error) {
    return { state: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}
