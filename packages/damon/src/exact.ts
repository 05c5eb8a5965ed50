/** Integer arithmetic whose products may pass 2^53: the kernel has 64-bit words, a double holds 53 bits. */

const EXACT_BELOW = 2 ** 53;
const U32_SPAN = 2 ** 32;

/**
 * ⌊a·b / divisor⌋, exact for non-negative safe integers (`divisor` ≥ 1) as long as the result is safe too.
 * Below 2^53 one division does: its rounding error is less than 1/divisor, the distance to the next integer is not.
 */
export function mulDiv(a: number, b: number, divisor: number): number {
  const product = a * b;
  if (product < EXACT_BELOW) return Math.floor(product / divisor);
  return Number((BigInt(a) * BigInt(b)) / BigInt(divisor));
}

/**
 * ⌊(a·weightA + b·weightB) / (weightA + weightB)⌋, exact; weights are sizes in bytes, not both 0.
 * Only the difference of the values is multiplied, which keeps nearly every product small.
 */
export function weightedAverage(a: number, weightA: number, b: number, weightB: number): number {
  if (a === b) return a;
  const total = weightA + weightB;
  return a < b ? a + mulDiv(b - a, weightB, total) : b + mulDiv(a - b, weightA, total);
}

/** High word of a 32 × 32 bit product: ⌊a·b / 2^32⌋, exact. */
export function mulHigh32(a: number, b: number): number {
  const high = a * (b >>> 16);
  const low = a * (b & 0xffff);
  return Math.floor((high + Math.floor(low / 0x1_0000)) / 0x1_0000);
}

/** ⌊(high·2^32 + low)·span / 2^64⌋ for 32-bit words and a safe `span`, exact, in 32-bit limbs. */
export function scale64(high: number, low: number, span: number): number {
  const spanHigh = Math.floor(span / U32_SPAN);
  const spanLow = span % U32_SPAN;
  const carry = low * spanHigh + mulHigh32(low, spanLow);
  const carryHigh = Math.floor(carry / U32_SPAN);
  const fraction = (Math.imul(high, spanLow) >>> 0) + (carry - carryHigh * U32_SPAN);
  return high * spanHigh + mulHigh32(high, spanLow) + carryHigh + Math.floor(fraction / U32_SPAN);
}
