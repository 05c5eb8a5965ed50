import { Prng } from '@damonlab/base';
import type { AccessProgram, Workload } from '../access-program.js';
import { busyTouches, processRegions, SMALL_HEAP_BYTES } from '../address-space.js';
import { HotColdPages } from './hot-cold.js';
import { PointerChasePages } from './pointer-chase.js';
import { RandomProgram } from './random-program.js';
import { SparseProgram, sparsePages } from './sparse.js';
import type { SyntheticSpec } from './spec.js';
import { ZipfPages } from './zipf.js';

/** A process with one mapping of data (region 0, from mmap: no header) that a synthetic pattern accesses in each thread. */
export function syntheticWorkload(name: string, spec: SyntheticSpec, nrThreads: number): Workload {
  return {
    name,
    regions: [{ name: 'data', role: 'data', bytes: spec.bytes, headerBytes: 0 }, ...processRegions(SMALL_HEAP_BYTES)],
    phases: [{ name: spec.pattern, hot: [0], also: [], initial: false }],
    nrThreads,
    durationNs: spec.durationNs,
    program: (_thread, rng) => syntheticProgram(name, spec, rng),
  };
}

function syntheticProgram(name: string, spec: SyntheticSpec, rng: Prng): AccessProgram {
  const busy = busyTouches(1);
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
  }
}
