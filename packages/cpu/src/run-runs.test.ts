import fc from 'fast-check';
import { describe, it } from 'vitest';
import { rounds, setups } from './testing/arbitraries.js';
import { Rig, type RunsCall } from './testing/rig.js';

const record = fc.record({
  region: fc.nat({ max: 2 }),
  page: fc.nat({ max: 1100 }),
  write: fc.boolean(),
  count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 300 })),
  span: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 20 }) }),
});
const calls: fc.Arbitrary<RunsCall> = fc.record({
  space: fc.nat({ max: 1 }),
  records: fc.array(record, { minLength: 1, maxLength: 12 }),
  computePs: fc.constantFrom(0, 1, 777, 20_000),
  limits: fc.array(fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 1_000 }), fc.constant(100_000)), { minLength: 1, maxLength: 5 }),
  between: fc.option(rounds),
});

describe('runs', () => {
  it.each(['never', 'always'] as const)('are as good as their accesses made one by one (THP %s)', (thp) => {
    fc.assert(
      fc.property(setups(thp), fc.array(calls, { minLength: 1, maxLength: 6 }), (setup, history) => {
        const rig = new Rig(setup);
        for (const call of history) rig.runs(call);
      }),
      { numRuns: thp === 'never' ? 200 : 40 },
    );
  });
});
