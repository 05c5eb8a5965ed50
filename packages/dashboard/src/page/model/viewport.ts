/** A half-open interval of one axis: virtual ns or bytes. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

export function length({ start, end }: Interval): number {
  return end - start;
}

/** Where a value lies in the interval, 0 to 1 inside. */
export function shareOf({ start, end }: Interval, value: number): number {
  return (value - start) / (end - start);
}

export function valueAt({ start, end }: Interval, share: number): number {
  return start + share * (end - start);
}

/** `shown` made `factor` times as long around its point at `share`: between `least` and all of `whole`, and inside it. */
export function zoom(shown: Interval, whole: Interval, factor: number, share: number, least: number): Interval {
  const long = length(whole);
  const wanted = Math.min(Math.max(length(shown) * factor, Math.min(least, long)), long);
  const fixed = valueAt(shown, share);
  return moveInside({ start: fixed - share * wanted, end: fixed + (1 - share) * wanted }, whole);
}

/** `shown` moved by `by`, as far as `whole` goes. */
export function pan(shown: Interval, whole: Interval, by: number): Interval {
  return moveInside({ start: shown.start + by, end: shown.end + by }, whole);
}

function moveInside({ start, end }: Interval, whole: Interval): Interval {
  if (end - start >= length(whole)) return whole;
  const shift = Math.max(whole.start - start, 0) + Math.min(whole.end - end, 0);
  return { start: start + shift, end: end + shift };
}

/** The part of `wanted` inside `whole`; all of it if there is none. */
export function clip(wanted: Interval | null, whole: Interval): Interval {
  if (wanted === null) return whole;
  const start = Math.max(wanted.start, whole.start);
  const end = Math.min(wanted.end, whole.end);
  return start < end ? { start, end } : whole;
}
