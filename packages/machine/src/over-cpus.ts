/** What all CPUs together have at `slot` of their blocks, which are `slots` long and lie one behind the other. */
export function overCpus(counts: Float64Array, slot: number, slots: number): number {
  let sum = 0;
  for (let at = slot; at < counts.length; at += slots) sum += counts[at];
  return sum;
}
