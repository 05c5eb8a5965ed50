import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SweepPlan } from './plan.js';
import { Scheduler } from './scheduler.js';
import { knownWell } from './stop-rule.js';
import { done, failed, plan } from './testing/plans.js';

const stop = { figure: 'f', bound: 0.5, relative: false, confidence: 0.95, min: 3 };

/** A figure that is noisier in some combinations than in others. */
const figureOf = (index: number): number => ((index * 7919) % 13) * ((Math.floor(index / 12) % 3) / 12);

/** Let points end in an order of its own; returns which there were. */
function drive(p: SweepPlan, pick: (open: number) => number, handOut: number): Set<number> {
  const scheduler = new Scheduler(p);
  const made = new Set<number>();
  const open: number[] = [];
  while (!scheduler.finished) {
    for (const index of scheduler.next(handOut)) {
      expect(made.has(index)).toBe(false);
      made.add(index);
      open.push(index);
    }
    expect(open.length).toBeGreaterThan(0);
    const [index] = open.splice(pick(open.length), 1);
    scheduler.ended(index, index % 11 === 10 ? failed : done({ f: figureOf(index) }));
  }
  expect(scheduler.next(100)).toEqual([]);
  expect(scheduler.total).toBe(made.size);
  return made;
}

describe('without a stop rule', () => {
  it('all points, in their order', () => {
    const p = plan({ a: [1, 2, 3] }, { seeds: { from: 1, count: 4 } });
    const scheduler = new Scheduler(p);
    expect(scheduler.total).toBe(12);
    expect(scheduler.next(5)).toEqual([0, 1, 2, 3, 4]);
    expect(scheduler.next(100)).toEqual([5, 6, 7, 8, 9, 10, 11]);
    expect(scheduler.finished).toBe(false);
    for (let i = 0; i < 12; i++) scheduler.ended(i, i === 3 ? failed : done());
    expect(scheduler.finished).toBe(true);
  });
});

describe('with a stop rule', () => {
  const p = plan({ a: [1, 2, 3, 4, 5, 6] }, { seeds: { from: 1, count: 12 }, figures: [{ name: 'f', path: 'summary.f' }], stop });

  it('which points there are does not depend on the order in which they end (property)', () => {
    const expected = drive(p, () => 0, 1000);
    // Quiet combinations stop after the first lot, noisy ones go on.
    expect(expected.size).toBeGreaterThan(18);
    expect(expected.size).toBeLessThan(72);
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(1000)), fc.integer({ min: 1, max: 80 }), (stream, handOut) => {
        const made = drive(p, (open) => stream.next().value % open, handOut);
        expect([...made].sort((a, b) => a - b)).toEqual([...expected].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });

  it('knows when a figure is known well', () => {
    expect(knownWell(stop, [1, 1, 1])).toBe(true);
    expect(knownWell(stop, [1, 2, 3])).toBe(false);
    expect(knownWell(stop, [1])).toBe(false);
    expect(knownWell(stop, [1, null, null])).toBe(false);
    expect(knownWell({ ...stop, relative: true, bound: 0.1 }, [100, 101, 102])).toBe(true);
    expect(knownWell({ ...stop, relative: true, bound: 0.01 }, [100, 101, 102])).toBe(false);
  });
});
