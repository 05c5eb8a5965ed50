import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds, setups } from './testing/arbitraries.js';
import { Rig, type RunsCall } from './testing/rig.js';

/** Few pages, again and again in any order; now and then one from far away, which may push others out of the TLB. */
const record = fc.record({
  region: fc.nat({ max: 1 }),
  page: fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 6 }) }, { weight: 1, arbitrary: fc.nat({ max: 1100 }) }),
  write: fc.boolean(),
  count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 30 })),
  span: fc.constant(1),
});
const piece = fc.array(record, { minLength: 1, maxLength: 40 });
const calls: fc.Arbitrary<Omit<RunsCall, 'records'>> = fc.record({
  space: fc.nat({ max: 1 }),
  computePs: fc.constantFrom(0, 1, 777, 20_000),
  limits: fc.array(fc.oneof(fc.nat({ max: 300 }), fc.constant(100_000)), { minLength: 1, maxLength: 3 }),
  between: fc.option(rounds),
});
/** The same pieces come back, as those of a loop do. */
const histories = fc
  .tuple(
    fc.array(piece, { minLength: 1, maxLength: 3 }),
    fc.array(fc.oneof({ weight: 5, arbitrary: fc.tuple(fc.nat(), calls) }, { weight: 1, arbitrary: rounds }), {
      minLength: 1,
      maxLength: 14,
    }),
  )
  .map(([pieces, steps]) =>
    steps.map((step): RunsCall | typeof step => (Array.isArray(step) ? { ...step[1], records: pieces[step[0] % pieces.length] } : step)),
  );

describe('sums', () => {
  it.each(['never', 'always'] as const)('are as good as their accesses made one by one, in their order (THP %s)', (thp) => {
    const summed = { atOnce: 0, inOrder: 0 };
    fc.assert(
      fc.property(setups(thp), histories, fc.boolean(), (setup, history, premapped) => {
        const rig = new Rig(setup);
        if (premapped) rig.premap(1, 0);
        for (const step of history) {
          if ('records' in step) rig.runs(step, 'sums');
          else if (!Array.isArray(step)) rig.round(step);
        }
        summed.atOnce += rig.summed.atOnce;
        summed.inOrder += rig.summed.inOrder;
      }),
      { numRuns: thp === 'never' ? 400 : 60 },
    );
    // Both ways are taken often enough to mean something.
    expect(Math.min(summed.atOnce, summed.inOrder)).toBeGreaterThan(thp === 'never' ? 300 : 40);
  });

  it('are not trusted with a page that leaves the TLB between its reads and its first write', () => {
    const tlb = { kind: 'finite', entries: 3, ways: 3, hugeEntries: 2, hugeWays: 1, asids: 1 } as const;
    const rig = new Rig({ tlb, thp: 'never', spaces: [[{ pages: 8, headerBytes: 0 }]], lists: [] });
    rig.premap(1, 0);
    const call = { space: 0, computePs: 0, limits: [1_000], between: null };
    const read = (page: number) => ({ region: 0, page, write: false, count: 1, span: 1 });
    rig.runs({ ...call, records: [0, 1, 2].map(read) }, 'sums');
    rig.runs({ ...call, records: [...[0, 3, 0].map(read), { ...read(0), write: true }] }, 'sums');
    expect([rig.summed, rig.core.tlbMisses]).toEqual([{ atOnce: 1, inOrder: 1 }, 6]);
  });
});
