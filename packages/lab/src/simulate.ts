import { assert } from '@damonlab/base';
import { Machine } from '@damonlab/machine';
import type { Run } from '@damonlab/record';
import type { ResolvedScenario } from '@damonlab/scenario';
import { MemoryRun } from './memory-run.js';

/** Run a scenario in the calling thread and keep everything in memory. */
export async function simulate(scenario: ResolvedScenario): Promise<Run> {
  const sink = new MemoryRun(scenario);
  const machine = await Machine.create(scenario.machine, { executor: 'inline', observer: sink });
  try {
    await machine.run();
    await sink.finish(machine.runCounters());
  } finally {
    await machine.close();
  }
  assert(sink.run !== undefined, 'a finished run exists');
  return sink.run;
}
