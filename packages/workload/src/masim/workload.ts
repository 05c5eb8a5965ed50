import { NS_PER_MS } from '@damonlab/base';
import type { RegionSpec, Workload } from '../access-program.js';
import { processRegions } from '../address-space.js';
import type { MasimConfig, MasimOptions } from './config.js';
import { MALLOC_HEADER_BYTES, phaseTruth, planMasim } from './plan.js';
import { MasimProgram } from './program.js';
import { TABLE_HEAP_BYTES } from './random-table.js';

/** masim's own defaults, and the costs of an access on a machine of today; start-up takes no time. */
export const defaultMasimOptions: MasimOptions = Object.freeze({
  nrAccessesPerRegion: 131_072,
  defaultRwMode: 'wo',
  repeat: 1,
  throttleNs: 0,
  sequentialPs: 1000,
  randomPs: 3000,
  startupNs: 0,
});

/** Words of a program's state beside the offsets of its patterns. */
const OWN_STATE_WORDS = 16;

/** A process that runs a masim config in each of its threads. */
export function masimWorkload(name: string, config: MasimConfig, options: MasimOptions, nrThreads: number): Workload {
  const plan = planMasim(config, options);
  const data = config.regions.map((region): RegionSpec => {
    return { name: region.name, role: 'data', bytes: region.bytes, headerBytes: MALLOC_HEADER_BYTES };
  });
  const phasesNs = config.phases.reduce((sum, phase) => sum + phase.durationMs * NS_PER_MS, 0);
  return {
    name,
    regions: [...data, ...processRegions(TABLE_HEAP_BYTES, nrThreads)],
    phases: phaseTruth(config),
    nrThreads,
    stateWords: OWN_STATE_WORDS + Math.max(...plan.phases.map((phase) => phase.patterns.length)),
    durationNs: options.repeat * (options.startupNs + phasesNs),
    program: (index, rng) => new MasimProgram(plan, { index, nrThreads }, rng),
  };
}
