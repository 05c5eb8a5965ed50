import { Prng } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scatter } from './scatter.js';
import { ZipfSampler } from './zipf-sampler.js';

describe('ZipfSampler', () => {
  it.each([
    [1, 0.99],
    [2, 1],
    [3, 0.2],
    [50, 0.5],
    [50, 0.99],
    [50, 1],
    [50, 1.000_000_001],
    [50, 2.5],
    [20_000, 1.2],
  ])('%d ranks, theta %d: every rank as often as the formula says', (count, theta) => {
    const draws = 200_000;
    const sampler = new ZipfSampler(count, theta);
    const rng = Prng.stream(5, 'zipf');
    const counts = new Uint32Array(count);
    for (let i = 0; i < draws; i++) {
      const rank = sampler.draw(rng);
      counts[rank] = (counts[rank] as number) + 1;
    }
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(draws);
    let norm = 0;
    for (let k = 1; k <= count; k++) norm += k ** -theta;
    for (let k = 1; k <= Math.min(count, 50); k++) {
      const expected = (draws * k ** -theta) / norm;
      expect(Math.abs((counts[k - 1] as number) - expected)).toBeLessThanOrEqual(5 * Math.sqrt(expected) + 1);
    }
  });
});

/** Rejection-inversion as it is published, each rank computed. */
function plainDraw(count: number, theta: number, rng: Prng): number {
  const area = (x: number) => (theta === 1 ? Math.log(x) : Math.expm1((1 - theta) * Math.log(x)) / (1 - theta));
  const inverse = (y: number) => (theta === 1 ? Math.exp(y) : Math.exp(Math.log1p(Math.max(y * (1 - theta), -1)) / (1 - theta)));
  const density = (x: number) => Math.exp(-theta * Math.log(x));
  for (;;) {
    const y = area(count + 0.5) + rng.nextUnit() * (area(1.5) - 1 - area(count + 0.5));
    const k = Math.min(Math.max(Math.round(inverse(y)), 1), count);
    if (y >= area(k + 0.5) - density(k)) return k - 1;
  }
}

describe('ZipfSampler, looked up', () => {
  it('draws what it would have computed', () => {
    const theta = fc.oneof(fc.constant(1), fc.double({ min: 0.1, max: 3, noNaN: true }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), theta, fc.nat(), (count, exponent, seed) => {
        const sampler = new ZipfSampler(count, exponent);
        const [rng, plain] = [Prng.stream(seed, 'zipf'), Prng.stream(seed, 'zipf')];
        for (let i = 0; i < 2000; i++) expect(sampler.draw(rng)).toBe(plainDraw(count, exponent, plain));
      }),
      { numRuns: 40 },
    );
  });
});

describe('Scatter', () => {
  it('is a permutation', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), (count, seed) => {
        const scatter = new Scatter(count, Prng.stream(seed, 's'));
        const places = Array.from({ length: count }, (_, i) => scatter.at(i));
        expect([...places].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
      { numRuns: 60 },
    );
  });

  it('spreads neighbours over the whole range, also a range beyond 32 bits', () => {
    for (const count of [100_000, 2 ** 35 + 1]) {
      const scatter = new Scatter(count, Prng.stream(1, 's'));
      const quarters = [0, 0, 0, 0];
      for (let i = 0; i < 4000; i++) {
        const quarter = Math.floor((scatter.at(i) * 4) / count);
        quarters[quarter] = (quarters[quarter] as number) + 1;
      }
      for (const n of quarters) expect(Math.abs(n - 1000)).toBeLessThan(150);
    }
  });
});
