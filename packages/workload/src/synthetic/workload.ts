import { Prng } from '@damonlab/base';
import type { AccessProgram, RegionSpec, Workload } from '../access-program.js';
import { busyTouches, processRegions, SMALL_HEAP_BYTES, type ThreadOf } from '../address-space.js';
import type { PageTouch } from '../touch.js';
import { HotColdPages } from './hot-cold.js';
import { pagesOf } from './page-source.js';
import { PointerChasePages } from './pointer-chase.js';
import { RandomProgram } from './random-program.js';
import { computePsOf, SharedPrivatePages, sharedPrivateRegions } from './shared-private.js';
import { SparseProgram, sparsePages } from './sparse.js';
import type { SyntheticSpec } from './spec.js';
import { SweepProgram, sweepRegions } from './sweep.js';
import { ZipfPages } from './zipf.js';

/** Words of a program's state; a sweep has one more for each area. */
const STATE_WORDS = 16;

/** A process whose data (one mapping, or one for each area or part; from mmap: no header) a synthetic pattern accesses in each thread. */
export function syntheticWorkload(name: string, spec: SyntheticSpec, nrThreads: number): Workload {
  const data = dataRegions(spec, nrThreads);
  return {
    name,
    regions: [...data, ...processRegions(SMALL_HEAP_BYTES, nrThreads, mainNidOf(spec))],
    phases: [{ name: spec.pattern, hot: hotRegions(spec, data), also: [], initial: false }],
    nrThreads,
    stateWords: STATE_WORDS + data.length,
    durationNs: spec.durationNs,
    program: (index, rng) => syntheticProgram(name, spec, { index, nrThreads }, busyTouches(data.length, { index, nrThreads }), rng),
  };
}

/** The main thread is where it was when it touched the memory. */
function mainNidOf(spec: SyntheticSpec): number {
  return spec.pattern === 'sweep' ? Math.max(...spec.areas.map((area) => area.populateNid)) : (spec.populateNid ?? -1);
}

function dataRegions(spec: SyntheticSpec, nrThreads: number): readonly RegionSpec[] {
  if (spec.pattern === 'sweep') return sweepRegions(spec.areas);
  const { populateNid: nid } = spec;
  const regions = spec.pattern === 'shared_private' ? sharedPrivateRegions(spec, nrThreads) : [dataRegion(spec.bytes)];
  if (nid === undefined) return regions;
  return regions.map((region) => ({ ...region, populate: { nid, first: 0, pages: pagesOf(region.bytes) } }));
}

function dataRegion(bytes: number): RegionSpec {
  return { name: 'data', role: 'data', bytes, headerBytes: 0 };
}

/** Indexes of the data regions that are accessed. */
function hotRegions(spec: SyntheticSpec, data: readonly RegionSpec[]): number[] {
  const all = data.map((_, index) => index);
  if (spec.pattern !== 'shared_private') return all;
  return all.filter((index) => ((data[index] as RegionSpec).name === 'shared' ? spec.sharedShare > 0 : spec.sharedShare < 1));
}

function syntheticProgram(name: string, spec: SyntheticSpec, thread: ThreadOf, busy: readonly PageTouch[], rng: Prng): AccessProgram {
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
      return new SweepProgram(spec, thread.index, busy, rng);
    case 'shared_private': {
      const own = { ...spec, computePs: computePsOf(spec, thread.index) };
      return new RandomProgram(own, new SharedPrivatePages(spec, thread, rng), busy, rng);
    }
  }
}
