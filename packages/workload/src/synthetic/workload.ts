import { Prng } from '@damonlab/base';
import type { AccessProgram, RegionSpec, Workload } from '../access-program.js';
import { busyTouches, processRegions, SMALL_HEAP_BYTES } from '../address-space.js';
import type { PageTouch } from '../touch.js';
import { HotColdPages } from './hot-cold.js';
import { PointerChasePages } from './pointer-chase.js';
import { RandomProgram } from './random-program.js';
import { SparseProgram, sparsePages } from './sparse.js';
import type { SyntheticSpec } from './spec.js';
import { SweepProgram, sweepRegions } from './sweep.js';
import { ZipfPages } from './zipf.js';

/** Words of a program's state; a sweep has one more for each area. */
const STATE_WORDS = 16;

/** A process whose data (one mapping, or the areas of a sweep; from mmap: no header) a synthetic pattern accesses in each thread. */
export function syntheticWorkload(name: string, spec: SyntheticSpec, nrThreads: number): Workload {
  const data = dataRegions(spec);
  return {
    name,
    regions: [...data, ...processRegions(SMALL_HEAP_BYTES, nrThreads, mainNidOf(spec))],
    phases: [{ name: spec.pattern, hot: data.map((_, i) => i), also: [], initial: false }],
    nrThreads,
    stateWords: STATE_WORDS + data.length,
    durationNs: spec.durationNs,
    program: (index, rng) => syntheticProgram(name, spec, index, busyTouches(data.length, { index, nrThreads }), rng),
  };
}

/** The main thread is where it was when it touched the areas. */
function mainNidOf(spec: SyntheticSpec): number {
  return spec.pattern === 'sweep' ? Math.max(...spec.areas.map((area) => area.populateNid)) : -1;
}

function dataRegions(spec: SyntheticSpec): readonly RegionSpec[] {
  if (spec.pattern === 'sweep') return sweepRegions(spec.areas);
  return [{ name: 'data', role: 'data', bytes: spec.bytes, headerBytes: 0 }];
}

function syntheticProgram(name: string, spec: SyntheticSpec, thread: number, busy: readonly PageTouch[], rng: Prng): AccessProgram {
  // Which pages are hot must be the same for all threads, wherever they run, so it hangs on the name alone.
  const layout = Prng.stream(0, `workload layout ${name}`);
  switch (spec.pattern) {
    case 'zipf':
      return new RandomProgram(spec, new ZipfPages(spec, layout, rng), busy, rng);
    case 'hot_cold':
      return new RandomProgram(spec, new HotColdPages(spec, rng), busy, rng);
    case 'pointer_chase':
      return new RandomProgram(spec, new PointerChasePages(spec, rng), busy, rng);
    case 'sparse':
      return new SparseProgram(spec, sparsePages(spec.bytes, layout), busy, rng);
    case 'sweep':
      return new SweepProgram(spec, thread, busy, rng);
  }
}
