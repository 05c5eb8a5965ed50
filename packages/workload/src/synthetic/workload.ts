import { Prng } from '@damonlab/base';
import type { AccessProgram, RegionSpec, Workload } from '../access-program.js';
import { busyTouches, processRegions, SMALL_HEAP_BYTES } from '../address-space.js';
import { HotColdPages } from './hot-cold.js';
import { PointerChasePages } from './pointer-chase.js';
import { RandomProgram } from './random-program.js';
import { computePsOf, SharedPrivatePages, sharedPrivateRegions } from './shared-private.js';
import { SparseProgram, sparsePages } from './sparse.js';
import type { SharedPrivateSpec, SyntheticSpec } from './spec.js';
import { ZipfPages } from './zipf.js';

/** A process whose data (the first regions, from mmap: no header) a synthetic pattern accesses in each thread. */
export function syntheticWorkload(name: string, spec: SyntheticSpec, nrThreads: number): Workload {
  const data = dataRegions(spec, nrThreads);
  const busy = busyTouches(data.length);
  return {
    name,
    regions: [...data, ...processRegions(SMALL_HEAP_BYTES)],
    phases: [{ name: spec.pattern, hot: hotRegions(spec, data), also: [], initial: false }],
    nrThreads,
    durationNs: spec.durationNs,
    program: (thread, rng) =>
      spec.pattern === 'shared_private' ? sharedPrivateProgram(spec, nrThreads, thread, busy, rng) : alikeProgram(name, spec, busy, rng),
  };
}

function dataRegions(spec: SyntheticSpec, nrThreads: number): readonly RegionSpec[] {
  if (spec.pattern === 'shared_private') return sharedPrivateRegions(spec, nrThreads);
  return [{ name: 'data', role: 'data', bytes: spec.bytes, headerBytes: 0 }];
}

/** Indexes of the data regions that are accessed. */
function hotRegions(spec: SyntheticSpec, data: readonly RegionSpec[]): number[] {
  const all = data.map((_, index) => index);
  if (spec.pattern !== 'shared_private') return all;
  return all.filter((index) => ((data[index] as RegionSpec).name !== 'shared' ? spec.sharedShare < 1 : spec.sharedShare > 0));
}

type Busy = ReturnType<typeof busyTouches>;

function sharedPrivateProgram(spec: SharedPrivateSpec, nrThreads: number, thread: number, busy: Busy, rng: Prng): AccessProgram {
  const own = { ...spec, computePs: computePsOf(spec, thread) };
  return new RandomProgram(own, new SharedPrivatePages(spec, nrThreads, thread, rng), busy, rng);
}

/** A pattern that is the same for all threads. */
function alikeProgram(name: string, spec: Exclude<SyntheticSpec, SharedPrivateSpec>, busy: Busy, rng: Prng): AccessProgram {
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
