/** Percentile `p` (0 to 100) of values in ascending order, linearly interpolated between the two nearest ranks; null of none. */
export function percentile(sorted: ArrayLike<number>, p: number): number | null {
  if (sorted.length === 0) return null;
  const rank = ((sorted.length - 1) * p) / 100;
  const below = Math.floor(rank);
  const fraction = rank - below;
  // Rounds monotonically: a mean of the two by weights would not.
  return fraction === 0 ? sorted[below] : sorted[below] + fraction * (sorted[below + 1] - sorted[below]);
}

/** Arithmetic mean; null of none. */
export function mean(values: ArrayLike<number>): number | null {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return ratio(sum, values.length);
}

/** `part / whole`; null where it is undefined. */
export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

export function ascending(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}
