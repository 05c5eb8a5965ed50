import { describe, expect, it } from 'vitest';
import { kernelProfile } from './profile.js';
import { DEFAULT_HZ, sleepNs } from './sleep.js';

const MS = 1_000_000;

describe('sleepNs', () => {
  it.each([
    ['7.3', 250, 5_000, 0, 5.001],
    ['7.3', 250, 15_999, 0, 16],
    ['7.3', 250, 16_000, 0, 20],
    ['7.3', 250, 18_000, 0, 24],
    ['7.3', 250, 18_000, 1 * MS, 23],
    ['7.3', 250, 18_000, 3.999 * MS, 20.001],
    ['7.3', 250, 20_000, 0, 24],
    ['7.3', 250, 20_000, 3 * MS, 21],
    ['7.3', 1_000, 3_999, 0, 4],
    ['7.3', 1_000, 5_000, 0, 6],
    ['7.3', 1_000, 5_000, 0.75 * MS, 5.25],
    ['6.12', 250, 20_000, 0, 20.001],
    ['6.12', 1_000, 5_000, 0, 5.001],
    ['6.12', 250, 20_001, 0, 28],
    ['6.12', 250, 100_000, 2 * MS, 102],
  ] as const)('%s at %d Hz: %d us asked at %d ns last %d ms', (kernel, hz, sampleUs, nowNs, expectedMs) => {
    expect(sleepNs(sampleUs, kernelProfile(kernel), hz, nowNs)).toBe(Math.round(expectedMs * MS));
  });

  it('long sleeps end on the coarser ticks of the timer wheel, never early', () => {
    // 250 ticks count in eights, 2500 ticks in sixty-fours.
    expect(sleepNs(1_000_000, kernelProfile('7.3'), 250, 0)).toBe(1_024 * MS);
    expect(sleepNs(1_000_000, kernelProfile('7.3'), 250, 20 * MS)).toBe(1_004 * MS);
    expect(sleepNs(10_000_000, kernelProfile('7.3'), 250, 0)).toBe(40 * 64 * 4 * MS);
  });

  it('a 7.3 kdamond that wakes at a tick and works a little waits one tick more than asked', () => {
    let now = 0;
    for (let i = 0; i < 20; i++) now += 0.1 * MS + sleepNs(18_000, kernelProfile('7.3'), DEFAULT_HZ, now + 0.1 * MS);
    expect(now).toBe(20 * 24 * MS);
  });

  it('a 6.12 window of 20 samples of 20 ms with 140 us of work each lasts 402.8 ms', () => {
    let now = 0;
    for (let i = 0; i < 20; i++) now += 0.14 * MS + sleepNs(20_000, kernelProfile('6.12'), DEFAULT_HZ, now + 0.14 * MS);
    expect(now / MS).toBeCloseTo(402.82, 6);
  });
});
