/** Sizes and times. Simulated time is whole nanoseconds; the cost of one access is whole picoseconds. */

export const PAGE_SHIFT = 12;
/** Bytes of a base page. */
export const PAGE_BYTES = 4096;
/** Bytes that one PMD entry maps: a transparent huge page on x86. */
export const PMD_BYTES = 2 * 1024 * 1024;
/** Page-table entries below one PMD entry. */
export const PTES_PER_PMD = PMD_BYTES / PAGE_BYTES;

export const NS_PER_US = 1_000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_SEC = 1_000_000_000;
export const PS_PER_NS = 1_000;

/** Largest multiple of `unit` that is ≤ `value`. @kernel ALIGN_DOWN */
export function alignDown(value: number, unit: number): number {
  return value - (value % unit);
}

/** Smallest multiple of `unit` that is ≥ `value`. @kernel ALIGN */
export function alignUp(value: number, unit: number): number {
  return alignDown(value + unit - 1, unit);
}

/** A half-open range of byte addresses `[start, end)`. */
export interface AddrRange {
  readonly start: number;
  readonly end: number;
}
