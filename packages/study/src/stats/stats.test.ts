import { Prng } from '@damonlab/base';
import { studentQuantile } from '@damonlab/report';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapMean } from './bootstrap.js';
import { deviationOf } from './moments.js';
import { normalCdf } from './normal.js';
import { pairedDifference } from './paired.js';
import { studentInterval } from './student.js';

const stream = (name: string | number) => Prng.stream(1, `stats ${name}`);

describe('distributions', () => {
  it.each([
    [0, 0.5],
    [1, 0.841344746068543],
    [-1.959963984540054, 0.025],
    [3, 0.99865010196837],
    [-5, 2.866515718791945e-7],
  ])('normal: P(Z <= %d)', (z, p) => {
    expect(normalCdf(z)).toBeCloseTo(p, 14);
  });
});

/** Draws by the sum of twelve uniform numbers, and exponential ones. */
const DRAWS: Readonly<Record<string, { readonly mean: number; readonly draw: (rng: Prng) => number }>> = {
  normal: { mean: 0, draw: (rng) => Array.from({ length: 12 }, () => rng.nextUnit()).reduce((a, b) => a + b, -6) },
  exponential: { mean: 1, draw: (rng) => -Math.log(1 - rng.nextUnit()) },
};

describe('bootstrap', () => {
  // 400 samples: a true coverage of 95 % shows as 93 to 97 %, and the plain percentile interval would show 83 % at n = 5.
  it.each([
    ['normal', 5, 0.9],
    ['normal', 8, 0.92],
    ['normal', 12, 0.92],
    ['exponential', 12, 0.88],
  ])('%s, n = %d: covers the mean as often as it says', (name, n, atLeast) => {
    const { mean, draw } = DRAWS[name];
    let covered = 0;
    for (let i = 0; i < 400; i++) {
      const rng = stream(`coverage ${name} ${n} ${i}`);
      const { low, high } = bootstrapMean(
        Array.from({ length: n }, () => draw(rng)),
        rng,
      );
      if (low <= mean && mean <= high) covered++;
    }
    expect(covered / 400).toBeGreaterThanOrEqual(atLeast);
    expect(covered / 400).toBeLessThanOrEqual(0.985);
  });

  const sample = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 15 });

  it('contains the mean, lies among the values, and is the same each time', () => {
    fc.assert(
      fc.property(sample, (values) => {
        const interval = bootstrapMean(values, stream('same'));
        const slack = 1e-9 * Math.max(1, ...values.map(Math.abs));
        expect(interval.low).toBeLessThanOrEqual(interval.mean + slack);
        expect(interval.high).toBeGreaterThanOrEqual(interval.mean - slack);
        expect(interval.low).toBeGreaterThanOrEqual(Math.min(...values) - slack);
        expect(interval.high).toBeLessThanOrEqual(Math.max(...values) + slack);
        expect(bootstrapMean(values, stream('same'))).toEqual(interval);
      }),
      { numRuns: 40 },
    );
  });

  it('is wider for more confidence', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    const width = (level: number) => {
      const { low, high } = bootstrapMean(values, stream('width'), level);
      return high - low;
    };
    expect(width(0.99)).toBeGreaterThan(width(0.95));
    expect(width(0.95)).toBeGreaterThan(width(0.5));
  });
});

describe("Student's interval", () => {
  it('is right for known numbers', () => {
    const { mean, low, high } = studentInterval([1, 2, 3, 4, 5], 0.95);
    expect(mean).toBe(3);
    expect(high - 3).toBeCloseTo((2.7764 * Math.sqrt(2.5)) / Math.sqrt(5), 3);
    expect(3 - low).toBeCloseTo(high - 3, 12);
  });

  it('at eight values and a level for many figures, is wrong as seldom as it says', () => {
    let wrong = 0;
    for (let i = 0; i < 4000; i++) {
      const rng = stream(`family ${i}`);
      const { low, high } = studentInterval(
        Array.from({ length: 8 }, () => DRAWS.normal?.draw(rng) ?? 0),
        1 - 0.05 / 13,
      );
      if (low > 0 || high < 0) wrong++;
    }
    // 0.4 % of 4000 are 15; the bootstrap, which cannot be surer than 99.2 %, would be wrong 31 times or more.
    expect(wrong).toBeLessThan(28);
  });
});

describe('paired difference', () => {
  const noisy = (n: number, shift: number, name: string) => {
    const rng = stream(name);
    const a = Array.from({ length: n }, () => 100 * rng.nextUnit());
    const b = a.map((value) => value + shift + (DRAWS.normal?.draw(rng) ?? 0));
    return pairedDifference(a, b, rng);
  };

  it('sees a shift that is small beside what the pairs have in common, in units of its own noise', () => {
    const { mean, dz, seen } = noisy(12, 3, 'shift');
    expect(seen).toBe(true);
    expect(Math.abs(mean - 3)).toBeLessThan(1);
    expect(Math.abs(Number(dz) - 3)).toBeLessThan(1.5);
  });

  it('a shift of `detectable` is seen four times out of five, none once in twenty', () => {
    const seen = (factor: number) => {
      let count = 0;
      for (let i = 0; i < 300; i++) {
        // The noise has a deviation of 1: what can be detected is known beforehand.
        const detectable = (studentQuantile(0.975, 9) + studentQuantile(0.8, 9)) / Math.sqrt(10);
        if (noisy(10, factor * detectable, `power ${factor} ${i}`).seen) count++;
      }
      return count / 300;
    };
    expect(Math.abs(seen(1) - 0.8)).toBeLessThan(0.08);
    expect(seen(0)).toBeLessThan(0.09);
    expect(noisy(200, 0, 'large').detectable).toBeLessThan(0.25);
  });

  it('turned around, changes its sign; without any difference, sees none', () => {
    const a = [1, 2, 3, 4];
    const b = [2, 4, 5, 7];
    const there = pairedDifference(a, b, stream('turn'));
    const back = pairedDifference(b, a, stream('turn'));
    expect([back.mean, back.dz]).toEqual([-there.mean, -Number(there.dz)]);
    expect(pairedDifference(a, a, stream('none'))).toEqual({ n: 4, mean: 0, low: 0, high: 0, dz: null, seen: false, detectable: 0 });
    expect(deviationOf([1])).toBe(0);
  });
});
