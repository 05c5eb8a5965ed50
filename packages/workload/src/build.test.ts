import { Prng, UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { noTraces } from '../test/no-traces.js';
import {
  AccessBatch,
  buildWorkload,
  defaultMasimOptions,
  type MasimOptions,
  parseMasim,
  type SyntheticSpec,
  type WorkloadSpec,
} from './index.js';

const CONFIG = parseMasim('a, 10000\n\np\n10\na, 0, 4096, 1\n', 'x.cfg');
const ZIPF: SyntheticSpec = { pattern: 'zipf', theta: 1, bytes: 1 << 20, durationNs: 1000, writeRatio: 0.5, computePs: 1000 };
const DRIFT: SyntheticSpec = { ...ZIPF, pattern: 'hot_cold', hotRatio: 0.1, hotShare: 0.9, driftNs: 0 };

const SHARED: SyntheticSpec = {
  ...ZIPF,
  pattern: 'shared_private',
  sharedRatio: 0.5,
  sharedShare: 0.5,
  sharedWriteRatio: 0.5,
  speeds: [1],
};

function masim(options: Partial<MasimOptions>, threads = 1): WorkloadSpec {
  return { kind: 'masim', name: 'w', config: CONFIG, options: { ...defaultMasimOptions, ...options }, threads };
}

function synthetic(pattern: SyntheticSpec): WorkloadSpec {
  return { kind: 'synthetic', name: 'w', pattern, threads: 1 };
}

describe('buildWorkload', () => {
  it.each<[string, WorkloadSpec]>([
    ['threads', masim({}, 0)],
    ['options.nrAccessesPerRegion', masim({ nrAccessesPerRegion: 0 })],
    ['options.repeat', masim({ repeat: 1.5 })],
    ['options.throttleNs', masim({ throttleNs: -1 })],
    ['options.sequentialPs', masim({ sequentialPs: 0 })],
    ['options.randomPs', masim({ randomPs: Number.NaN })],
    ['options.startupNs', masim({ startupNs: Infinity })],
    ['pattern.bytes', synthetic({ ...ZIPF, bytes: 4095 })],
    ['pattern.bytes', synthetic({ ...ZIPF, bytes: 2 ** 48 })],
    ['pattern.bytes', synthetic({ ...ZIPF, pattern: 'sparse', sweepEveryNs: 0 })],
    ['pattern.durationNs', synthetic({ ...ZIPF, durationNs: 0 })],
    ['pattern.computePs', synthetic({ ...ZIPF, computePs: 0 })],
    ['pattern.writeRatio', synthetic({ ...ZIPF, writeRatio: 1.01 })],
    ['pattern.theta', synthetic({ ...ZIPF, theta: 0 })],
    ['pattern.hotRatio', synthetic({ ...DRIFT, hotRatio: 0 })],
    ['pattern.hotShare', synthetic({ ...DRIFT, hotShare: -0.1 })],
    ['pattern.driftNs', synthetic({ ...DRIFT, driftNs: 0.5 })],
    ['pattern.sharedRatio', synthetic({ ...SHARED, sharedRatio: -0.1 })],
    ['pattern.sharedRatio', synthetic({ ...SHARED, sharedRatio: 0 })],
    ['pattern.sharedRatio', synthetic({ ...SHARED, sharedRatio: 1 })],
    ['pattern.sharedShare', synthetic({ ...SHARED, sharedShare: 1.1 })],
    ['pattern.sharedWriteRatio', synthetic({ ...SHARED, sharedWriteRatio: 2 })],
    ['pattern.speeds', synthetic({ ...SHARED, speeds: [] })],
    ['pattern.speeds[1]', synthetic({ ...SHARED, speeds: [1, 0] })],
  ])('rejects a bad %s by name', (key, spec) => {
    const error = rejected(() => buildWorkload(spec, noTraces));
    expect(error.details.where).toBe(`workload w: ${key}`);
  });

  it('gives one region for the data of a synthetic pattern, and one phase', () => {
    const workload = buildWorkload(synthetic(ZIPF), noTraces);
    expect(workload.regions.map((region) => region.name)).toEqual(['data', 'text', 'heap', 'vdso', 'stack']);
    expect(workload.phases).toEqual([{ name: 'zipf', hot: [0], also: [], initial: false }]);
  });

  it('gives the shared part and those of the threads regions of their own; idle ones are not hot', () => {
    const names = (change: Partial<typeof SHARED>) =>
      buildWorkload({ ...synthetic({ ...SHARED, ...change } as SyntheticSpec), threads: 2 }, noTraces).regions.flatMap(({ name, role }) =>
        role === 'data' ? name : [],
      );
    expect(names({})).toEqual(['shared', 'private-0', 'private-1']);
    expect(names({ sharedRatio: 1, sharedShare: 1 })).toEqual(['shared']);
    expect(names({ sharedRatio: 0, sharedShare: 0 })).toEqual(['private-0', 'private-1']);
    expect(buildWorkload(synthetic({ ...SHARED, sharedShare: 1 }), noTraces).phases[0]?.hot).toEqual([0]);
  });

  it.each([masim({}, 3), synthetic(DRIFT), synthetic(SHARED)])('makes programs that depend on their stream alone', (spec) => {
    const first = (stream: string): string => {
      const program = buildWorkload(structuredClone(spec), noTraces).program(0, Prng.stream(1, stream));
      const batches: string[] = [];
      for (let i = 0; i < 20; i++) {
        const batch = new AccessBatch();
        program.next(batch, i);
        batches.push(`${batch.kind} ${batch.region} ${batch.write} ${batch.begin} ${batch.remaining} ${batch.pages.slice(0, 50).join()}`);
      }
      return batches.join('\n');
    };
    expect(first('a')).toBe(first('a'));
  });
});

function rejected(act: () => unknown): UserError {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  return expect.fail('should have been rejected');
}
