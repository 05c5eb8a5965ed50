/** The first of `n` indexes at which `holds` is true, if it is false before and true from there on; `n` if it never is. Binary search. */
export function partitionPoint(n: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
