/** Buckets in which latencies are counted: 16 in each octave, so that a bucket is at most a sixteenth wide. */
const OCTAVE_BITS = 4;
const PER_OCTAVE = 2 ** OCTAVE_BITS;
/** Longer ones (2.1 ms) are counted as this. */
const MOST_PS = 2 ** 31 - 1;

export const LATENCY_BUCKETS = latencyBucket(MOST_PS) + 1;

/** Bucket of a latency of `ps`, a whole number from 0. */
export function latencyBucket(ps: number): number {
  const capped = Math.min(ps, MOST_PS);
  if (capped < PER_OCTAVE) return capped;
  const shift = 31 - Math.clz32(capped) - OCTAVE_BITS;
  return shift * PER_OCTAVE + (capped >> shift);
}

/** The least latency that lies in `bucket`, ps; the most is one less than that of the next. */
export function latencyBucketPs(bucket: number): number {
  if (bucket < 2 * PER_OCTAVE) return bucket;
  const shift = Math.floor(bucket / PER_OCTAVE) - 1;
  return (bucket - shift * PER_OCTAVE) * 2 ** shift;
}
