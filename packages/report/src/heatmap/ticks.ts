/** Multiples of 1, 2 or 5 times a power of ten from `from` to `to`: `most` of them at most. Empty range: `from` alone. */
export function decimalTicks(from: number, to: number, most: number): number[] {
  const power = 10 ** Math.floor(Math.log10((to - from) / most));
  return multiples(
    from,
    to,
    most,
    [1, 2, 5, 10, 20, 50].map((step) => step * power),
  );
}

/** The same with powers of two, as sizes of memory are counted. */
export function binaryTicks(from: number, to: number, most: number): number[] {
  const power = 2 ** Math.floor(Math.log2((to - from) / most));
  return multiples(
    from,
    to,
    most,
    [1, 2, 4].map((step) => step * power),
  );
}

function multiples(from: number, to: number, most: number, steps: readonly number[]): number[] {
  if (!(to > from)) return [from];
  // 0.3 / 0.1 is a little below 3.
  const first = (step: number) => Math.ceil(from / step - 1e-9);
  const count = (step: number) => Math.floor(to / step + 1e-9) - first(step) + 1;
  const step = steps.find((candidate) => count(candidate) <= most) ?? to - from;
  // Multiplied, not added up: sums of steps below 1 would not be round.
  return Array.from({ length: count(step) }, (_, i) => Number(((first(step) + i) * step).toPrecision(15)));
}
