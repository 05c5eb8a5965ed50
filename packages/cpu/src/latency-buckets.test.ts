import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LATENCY_BUCKETS, latencyBucket, latencyBucketPs } from './latency-buckets.js';

describe('latency buckets', () => {
  it('a latency lies in its bucket, which is at most a sixteenth wide', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (ps) => {
        const bucket = latencyBucket(ps);
        const [low, high] = [latencyBucketPs(bucket), latencyBucketPs(bucket + 1)];
        expect(low).toBeLessThanOrEqual(ps);
        expect(high).toBeGreaterThan(ps);
        expect(high - low).toBeLessThanOrEqual(Math.max(1, low / 16));
      }),
    );
  });

  it('what is longer than all buckets is in the last one', () => {
    expect(latencyBucket(1e12)).toBe(LATENCY_BUCKETS - 1);
  });
});
