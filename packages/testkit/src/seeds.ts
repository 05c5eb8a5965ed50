import { assert } from '@damonlab/base';

/** `n` seeds, the same at every call: for tables of runs that must not depend on a lucky seed. Distinct, 1 to 2^31 - 1. */
export function seeds(n: number): number[] {
  assert(Number.isSafeInteger(n) && n >= 0 && n <= 100_000, `seeds(${n})`);
  // A Lehmer generator of full period: no seed comes twice, and neighbours have nothing in common.
  const result: number[] = [];
  let seed = 1;
  for (let i = 0; i < n; i++) {
    result.push(seed);
    seed = (seed * 48_271) % 2_147_483_647;
  }
  return result;
}
