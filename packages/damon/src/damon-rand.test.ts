import { Prng } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { type DamonRandom, damonRand } from './damon-rand.js';
import { kernelProfile } from './profile.js';

const k73 = kernelProfile('7.3');
const k612 = kernelProfile('6.12');
const GIB = 2 ** 30;

function words(...list: number[]): DamonRandom & { readonly left: number[] } {
  const left = [...list];
  return { left, next32: () => left.shift() ?? 0 };
}

describe('damonRand', () => {
  it.each([
    [0, 0, 10, 0],
    [0xffff_ffff, 0, 10, 9],
    [0x8000_0000, 100, 300, 200],
    [0x1999_9999, 0, 10, 0],
    [0x1999_999a, 0, 10, 1],
    [0xffff_ffff, 5, 5 + 0xffff_ffff, 5 + 0xffff_fffe],
  ])('word %d in [%d, %d) gives %d in both kernels', (word, l, r, expected) => {
    expect(damonRand(words(word), l, r, k73)).toBe(expected);
    expect(damonRand(words(word), l, r, k612)).toBe(expected);
  });

  it('7.3 reaches the end of large spans with two words', () => {
    const rng = words(0xffff_ffff, 0xffff_ffff);
    expect(damonRand(rng, 4096, 4096 + 2 ** 46, k73)).toBe(4096 + 2 ** 46 - 1);
    expect(rng.left).toEqual([]);
  });

  it.each([
    [4, 4],
    [5, 1],
    [8, 4],
    [10.5, 2.5],
  ])('6.12 samples a region of %d GiB in its first %d GiB only', (sizeGib, sampledGib) => {
    const rng = Prng.stream(3, 'rand32');
    let max = 0;
    for (let i = 0; i < 2_000; i++) max = Math.max(max, damonRand(rng, 0, sizeGib * GIB, k612));
    expect(max).toBeLessThan(sampledGib * GIB);
    expect(max).toBeGreaterThan(0.99 * sampledGib * GIB);
  });

  it('7.3 samples all of a region of 10.5 GiB', () => {
    const rng = Prng.stream(3, 'rand64');
    let max = 0;
    for (let i = 0; i < 2_000; i++) max = Math.max(max, damonRand(rng, 0, 10.5 * GIB, k73));
    expect(max).toBeGreaterThan(10.4 * GIB);
  });
});
