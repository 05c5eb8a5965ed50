import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisNames, nrGroups, nrPoints, pointOf, type RandomAxis, valueIn } from './plan.js';
import { plan } from './testing/plans.js';

const range = { from: 1, to: 100, log: false, unit: null, whole: false };
const drawn = (name: string, more: Partial<RandomAxis> = {}): RandomAxis => ({ ...range, name, key: name, where: name, ...more });

describe('points', () => {
  it('are numbered with the seed fastest, then draws, then the last axis', () => {
    const p = plan({ a: [1, 2], b: ['x', 'y', 'z'] }, { seeds: [7, 9] });
    expect([nrGroups(p), nrPoints(p)]).toEqual([6, 12]);
    const seen = Array.from({ length: 12 }, (_, i) => pointOf(p, i)).map(({ labels, seed, group }) => [...labels, seed, group]);
    expect(seen.slice(0, 5)).toEqual([
      [1, 'x', 7, 0],
      [1, 'x', 9, 0],
      [1, 'y', 7, 1],
      [1, 'y', 9, 1],
      [1, 'z', 7, 2],
    ]);
    expect(seen[11]).toEqual([2, 'z', 9, 5]);
    expect(() => pointOf(p, 12)).toThrow(/point 12 is one of 12/);
  });

  it('are all different, and each combination has each seed (property)', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), (axes, seeds, samples) => {
        const values = Object.fromEntries(axes.map((size, i) => [`a${i}`, Array.from({ length: size }, (_, j) => j)]));
        const random = { samples, seed: 1, axes: [drawn('r')] };
        const p = plan(values, { seeds: { from: 5, count: seeds }, random });
        const all = Array.from({ length: nrPoints(p) }, (_, i) => pointOf(p, i));
        expect(new Set(all.map(({ labels, seed }) => JSON.stringify([labels, seed]))).size).toBe(all.length);
        for (const { seed } of all) expect(seed).toBeLessThan(5 + seeds);
        for (const { labels, overrides } of all) {
          expect(labels).toHaveLength(axisNames(p).length);
          expect(overrides.map(({ key }) => key)).toEqual([...axisNames(p), 'seed']);
          expect(overrides.slice(0, -1).map(({ value }) => JSON.parse(value))).toEqual(labels);
        }
      }),
    );
  });
});

describe('random axes', () => {
  it('draw the same again; one more axis or draw changes no other', () => {
    const labels = (samples: number, ...axes: RandomAxis[]) => {
      const p = plan({}, { random: { samples, seed: 1, axes } });
      return Array.from({ length: nrPoints(p) }, (_, i) => pointOf(p, i).labels);
    };
    const few = labels(5, drawn('a'));
    expect(labels(5, drawn('a'))).toEqual(few);
    expect(
      labels(9, drawn('b'), drawn('a'))
        .slice(0, 5)
        .map(([, a]) => [a]),
    ).toEqual(few);
  });

  it.each([
    [{ ...range }, 0.5, 50.5],
    [{ ...range, log: true }, 0.5, 10],
    [{ ...range, whole: true }, 0.505, 51],
    [{ ...range, unit: 'ms' }, 1, '100 ms'],
    [{ ...range, from: 0, to: 1 }, 1 / 3, 0.333333],
  ])('%o at %d: %s', (of, share, value) => {
    expect(valueIn(of, share)).toBe(value);
  });
});
