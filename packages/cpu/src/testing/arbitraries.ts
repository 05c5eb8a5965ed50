import fc from 'fast-check';
import type { SamplingConfig } from '../access-sampler.js';
import type { TlbConfig } from '../config.js';
import type { TimingConfig } from '../cpu.js';
import type { Round, Run, Setup } from './rig.js';

const finite = (entries: number, ways: number) =>
  fc.nat({ max: 2 }).map((asids): TlbConfig => ({ kind: 'finite', entries, ways, hugeEntries: 2, hugeWays: 1 + (entries % 2), asids }));

/** Nobody samples, or somebody does so often that samples meet everything that is skipped or cut. */
const samplings: fc.Arbitrary<SamplingConfig | null> = fc.option(
  fc
    .record({
      every: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 2_000 })),
      phase: fc.nat(),
      costNs: fc.constantFrom(100, 700),
    })
    .map(({ every, phase, costNs }) => ({ every, first: 1 + (phase % every), costNs })),
);

/** Nobody looks how long accesses take, or somebody does. */
const timings: fc.Arbitrary<TimingConfig | null> = fc.option(
  fc
    .record({ every: fc.integer({ min: 1, max: 500 }), phase: fc.nat() })
    .map(({ every, phase }) => ({ every, first: 1 + (phase % every) })),
);

/** Geometries in which the regions below fit and in which they thrash. */
export const tlbs: fc.Arbitrary<TlbConfig> = fc.oneof(
  fc.constant<TlbConfig>({ kind: 'off' }),
  fc.nat({ max: 2 }).map((asids): TlbConfig => ({ kind: 'infinite', asids })),
  finite(8, 2),
  finite(16, 16),
  finite(3, 3),
  finite(32, 4),
  finite(1536, 12),
);

const headers = fc.constantFrom(0, 16);
const smallRegion = fc.record({ pages: fc.integer({ min: 1, max: 40 }), headerBytes: headers });
/** Whole huge pages with a rest on either side. */
const largeRegion = fc.record({ pages: fc.constantFrom(512, 700, 1024, 1100), headerBytes: headers });

const page = fc.nat({ max: 1100 });
/** Lists as programs draw them: few or many, all different or a pool with the same pages again and again. */
const list = fc.oneof(
  fc.array(page, { minLength: 1, maxLength: 12 }),
  fc.array(page, { minLength: 64, maxLength: 300 }),
  fc.array(fc.nat({ max: 5 }), { minLength: 64, maxLength: 128 }),
  fc.integer({ min: 64, max: 200 }).map((length) => Array.from({ length }, (_, i) => i)),
);

export const setups = (thp: 'never' | 'always'): fc.Arbitrary<Setup> =>
  fc.record({
    tlb: tlbs,
    thp: fc.constant(thp),
    spaces: fc.array(fc.array(thp === 'never' ? smallRegion : largeRegion, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
    lists: fc.array(list, { minLength: 1, maxLength: 3 }),
    unarmed: fc.constantFrom(false, false, true),
    sampling: samplings,
    timing: timings,
  });

const sequence = fc.record({
  kind: fc.constant('sequence' as const),
  stride: fc.oneof(fc.constantFrom(0, 1, 64, 100, 4095, 4096, 5000, 8192, 12_288, 2 ** 21, 2 ** 23), fc.integer({ min: 16, max: 20_000 })),
  bytes: fc.oneof(fc.integer({ min: 0, max: 200_000 }), fc.constant(40 * 4096 - 1), fc.nat({ max: 2 ** 23 })),
  offset: fc.oneof(fc.constant(0), fc.nat({ max: 2 ** 23 })),
});
const pages = fc.record({
  kind: fc.constant('pages' as const),
  list: fc.nat({ max: 2 }),
  begin: fc.oneof(fc.constant(0), fc.nat({ max: 300 })),
  length: fc.oneof(fc.constant(2 ** 20), fc.nat({ max: 300 })),
  cursor: fc.nat({ max: 300 }),
});

export const rounds: fc.Arbitrary<Round> = fc.record({
  clearEvery: fc.integer({ min: 1, max: 50 }),
  clearFrom: fc.nat({ max: 60 }),
  takeTouched: fc.boolean(),
  moveEvery: fc.constantFrom(0, 0, 1, 3),
  armEvery: fc.constantFrom(0, 0, 1, 2, 5, 600),
  disarm: fc.boolean(),
  sampled: fc.constantFrom(true, true, true, false),
});

export const runs: fc.Arbitrary<Run> = fc.record({
  space: fc.nat({ max: 1 }),
  region: fc.nat({ max: 2 }),
  write: fc.boolean(),
  accesses: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 3_000 })),
  computePs: fc.constantFrom(0, 1, 777, 20_000),
  limits: fc.array(fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 4_000 }), fc.constant(100_000)), { minLength: 1, maxLength: 4 }),
  between: fc.option(rounds),
  access: fc.oneof(sequence, pages),
});

/** Long enough that what one batch leaves matters to the next. Batches come back, as those of a phase do, some to write what was read. */
export const histories: fc.Arbitrary<(Run | Round)[]> = fc
  .tuple(
    fc.array(runs, { minLength: 1, maxLength: 4 }),
    fc.array(fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 7 }) }, { weight: 1, arbitrary: rounds }), { minLength: 1, maxLength: 14 }),
  )
  .map(([kinds, steps]) =>
    steps.map((step) => {
      if (typeof step !== 'number') return step;
      const kind = kinds[step % kinds.length];
      return step < 4 ? kind : { ...kind, write: !kind.write };
    }),
  );

/** Two regions that are small enough to come to rest, in TLBs that hold both, one of them, or neither. */
export const calmSetups: fc.Arbitrary<Setup> = fc.record({
  tlb: fc.oneof(tlbs, fc.constant<TlbConfig>({ kind: 'off' }), finite(16, 4), finite(16, 16)),
  thp: fc.constantFrom('never', 'never', 'always'),
  spaces: fc.array(fc.array(fc.record({ pages: fc.integer({ min: 1, max: 14 }), headerBytes: headers }), { minLength: 1, maxLength: 2 }), {
    minLength: 1,
    maxLength: 2,
  }),
  lists: fc.array(fc.array(page, { minLength: 200, maxLength: 500 }), { minLength: 1, maxLength: 2 }),
  sampling: samplings,
  timing: timings,
});

const calmRun: fc.Arbitrary<Run> = fc.record({
  space: fc.nat({ max: 1 }),
  region: fc.nat({ max: 1 }),
  write: fc.boolean(),
  accesses: fc.integer({ min: 150, max: 800 }),
  computePs: fc.constantFrom(0, 777),
  limits: fc.array(fc.oneof(fc.nat({ max: 400 }), fc.constant(100_000)), { minLength: 1, maxLength: 2 }),
  between: fc.constant(null),
  access: fc.record({
    kind: fc.constant('pages' as const),
    list: fc.nat({ max: 1 }),
    begin: fc.constant(0),
    length: fc.constant(2 ** 20),
    cursor: fc.nat({ max: 200 }),
  }),
});

/** What takes the TLB, or the address space, from the calm region for a moment. */
const disturbance: fc.Arbitrary<Run> = fc.record({
  space: fc.nat({ max: 1 }),
  region: fc.nat({ max: 1 }),
  write: fc.boolean(),
  accesses: fc.constantFrom(0, 30, 300),
  computePs: fc.constant(0),
  limits: fc.constant([100_000]),
  between: fc.constant(null),
  access: fc.record({
    kind: fc.constant('sequence' as const),
    stride: fc.constantFrom(256, 4096),
    bytes: fc.constant(2 ** 30),
    offset: fc.constant(0),
  }),
});

/** Random accesses to the same few pages, a few others in between. */
export const calmHistories: fc.Arbitrary<(Run | Round)[]> = fc
  .tuple(
    calmRun,
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant('again' as const) },
        { weight: 2, arbitrary: fc.constant('the other way' as const) },
        { weight: 3, arbitrary: disturbance },
        { weight: 1, arbitrary: fc.oneof(calmRun, runs) },
        { weight: 1, arbitrary: rounds },
      ),
      { minLength: 4, maxLength: 20 },
    ),
  )
  .map(([run, steps]) =>
    steps.map((step) => {
      if (step === 'again') return run;
      return step === 'the other way' ? { ...run, write: !run.write } : step;
    }),
  );
