import { assert } from '@damonlab/base';
import { Machine } from '@damonlab/machine';
import type { Run } from '@damonlab/record';
import type { ResolvedScenario } from '@damonlab/scenario';
import { MemoryRun } from './memory-run.js';

/** Run a scenario in the calling thread and keep everything in memory. If `signal` aborts it, the run's state is `interrupted`. */
export async function simulate(scenario: ResolvedScenario, signal?: AbortSignal): Promise<Run> {
  const sink = new MemoryRun(scenario);
  const machine = await Machine.create(scenario.machine, { executor: 'inline', observer: sink });
  try {
    const { state } = await machine.run(signal === undefined ? {} : { signal });
    if (state === 'complete') await sink.finish(machine.runCounters());
    else await sink.interrupt('stopped by the user', machine.runCounters());
  } finally {
    await machine.close();
  }
  assert(sink.run !== undefined, 'a finished run exists');
  return sink.run;
}
