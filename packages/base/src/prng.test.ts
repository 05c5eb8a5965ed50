import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prng } from './prng.js';

const draw = (seed: number, name: string, n: number): number[] => {
  const rng = Prng.stream(seed, name);
  return Array.from({ length: n }, () => rng.next32());
};

const GOLDEN = {
  kdamond: [1991339569, 1244700793, 1407381627, 3828407077],
  layout: [3378324247, 3308067096, 22149005, 3899992955],
  units: [0.659311064035401, 130, 27449767787],
};

describe('Prng streams', () => {
  it('are these numbers for ever: a run of an older version must be repeatable', () => {
    expect(draw(1, 'kdamond', 4)).toEqual(GOLDEN.kdamond);
    expect(draw(42, 'layout/0', 4)).toEqual(GOLDEN.layout);
    const rng = Prng.stream(7, 'units');
    expect([rng.nextUnit(), rng.below(1000), rng.below(2 ** 40)]).toEqual(GOLDEN.units);
  });

  it('same seed and name: same numbers; another seed or name: others', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.string(), fc.string(), (seed, name, other) => {
        expect(draw(seed, name, 8)).toEqual(draw(seed, name, 8));
        if (name !== other) expect(draw(seed, name, 8)).not.toEqual(draw(seed, other, 8));
        expect(draw(seed, name, 8)).not.toEqual(draw(seed + 1, name, 8));
      }),
    );
  });

  it('do not disturb each other', () => {
    const a = Prng.stream(5, 'thread/0/0');
    const b = Prng.stream(5, 'thread/0/1');
    const mixed = Array.from({ length: 50 }, () => {
      for (let i = b.next32() % 4; i > 0; i--) b.next32();
      return a.next32();
    });
    expect(mixed).toEqual(draw(5, 'thread/0/0', 50));
  });

  it('of neighbouring names have nothing in common', () => {
    const n = 4_000;
    const [a, b] = [draw(1, 'thread/0/1', n), draw(1, 'thread/0/2', n)];
    const equalBits = a.reduce((sum, word, i) => sum + popCount(~(word ^ b[i])), 0) / (32 * n);
    // Standard deviation 0.0014.
    expect(Math.abs(equalBits - 0.5)).toBeLessThan(0.01);
  });
});

describe('Prng.below', () => {
  const spans = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 32 }), fc.integer({ min: 1, max: 2 ** 53 - 1 }));

  it('is a whole number in [0, span)', () => {
    fc.assert(
      fc.property(fc.nat(), spans, (seed, span) => {
        const rng = Prng.stream(seed, 'below');
        for (let i = 0; i < 50; i++) {
          const value = rng.below(span);
          expect(Number.isSafeInteger(value) && value >= 0 && value < span).toBe(true);
        }
      }),
    );
  });

  it.each([1, 2, 3, 10, 64, 1000, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 3 * 2 ** 33, 2 ** 47, 2 ** 53])('is uniform below %d', (span) => {
    const rng = Prng.stream(1, `uniform/${span}`);
    const buckets = Math.min(span, 16);
    const n = 16_000;
    const counts = new Array<number>(buckets).fill(0);
    for (let i = 0; i < n; i++) counts[Math.floor((rng.below(span) / span) * buckets)]++;
    // Where 16 does not divide a small span, the buckets are as wide as the values that fall into them.
    const width = counts.map((_, b) => (span > 1000 ? span / buckets : valuesIn(b, buckets, span)));
    const chi2 = counts.reduce((sum, count, b) => sum + (count - (n * width[b]) / span) ** 2 / ((n * width[b]) / span), 0);
    // 15 degrees of freedom: above 45 once in 10 000 samples.
    expect(chi2).toBeLessThan(45);
  });

  it('reaches the low bits of a span over 2^32', () => {
    const rng = Prng.stream(1, 'low bits');
    const odd = Array.from({ length: 1_000 }, () => rng.below(2 ** 50) % 2).reduce((sum, bit) => sum + bit, 0);
    expect(odd).toBeGreaterThan(430);
    expect(odd).toBeLessThan(570);
  });
});

describe('Prng.nextUnit', () => {
  it('is in [0, 1), with a mean of a half and bits down to 2^-53', () => {
    const rng = Prng.stream(1, 'unit');
    const values = Array.from({ length: 10_000 }, () => rng.nextUnit());
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 2);
    expect(values.some((value) => (value * 2 ** 53) % 2 === 1)).toBe(true);
  });
});

function popCount(word: number): number {
  let n = 0;
  for (let rest = word >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) n++;
  return n;
}

function valuesIn(bucket: number, buckets: number, span: number): number {
  return Array.from({ length: span }, (_, value) => Math.floor((value / span) * buckets)).filter((b) => b === bucket).length;
}
