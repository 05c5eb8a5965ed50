import { U64_MAX } from '@damonlab/damos';
import { type Misfit, parseDurationNs } from './units.js';

/**
 * Values as damo prints them and reads them for schemes: a percent sign says that a rate is in percent, sizes count by 1024 whatever their
 * unit looks like, fractions of the kernel's unit are cut off, `max` is the largest word of the kernel and `min` is 0.
 */

/** What damo calculates with where it means `max`, as a double. */
export const ULONG_MAX = 2 ** 64;
const NS_PER_US = 1_000;
const PERCENT = 100;

const BYTES_PER_LETTER: ReadonlyMap<string, number> = new Map(['K', 'M', 'G', 'T', 'P', 'E'].map((letter, i) => [letter, 1024 ** (i + 1)]));

/** Accesses per aggregation interval: as a share of the most that are possible, or counted. */
export type NrAccessesBound = { readonly percent: number } | { readonly samples: number };

/** Age: as time, or in aggregation intervals. */
export type AgeBound = { readonly usec: number } | { readonly aggrIntervals: number };

/** Bytes, at most `U64_MAX`. */
export function parseDamoBytes(value: string | number): number | Misfit {
  const misfit: Misfit = { expected: 'a size, like 4096, 200 MiB or max' };
  const plain = parseNumber(value);
  if (plain !== undefined) return whole(plain, misfit);
  const match = /^(.*?)\s*([KMGTPE]?)(?:iB|B)?$/u.exec(String(value).trim());
  const size = parseNumber(match?.[1] ?? '');
  return size === undefined ? misfit : whole(size * (BYTES_PER_LETTER.get(match?.[2] ?? '') ?? 1), misfit);
}

/** Time in whole units of `unitNs`; a bare number is in that unit. */
export function parseDamoTime(value: string | number, unitNs: number): number | Misfit {
  const misfit: Misfit = { expected: 'a time, like 100 ms, 1 m 30 s or max' };
  const plain = parseNumber(value);
  if (plain !== undefined) return whole(plain, misfit);
  const ns = parseDurationNs(value);
  return typeof ns === 'number' ? Math.floor(ns / unitNs) : ns;
}

/** A rate in units of 1/`scale`: `50 %` of 1000 is 500, a bare number is in that unit. */
export function parseDamoRate(value: string | number, scale: number): number | Misfit {
  const misfit: Misfit = { expected: `a rate, like 50 % (or a number, in 1/${scale})` };
  const plain = parseNumber(value);
  if (plain !== undefined) return whole(plain, misfit);
  const percent = percentOf(String(value));
  return percent === undefined ? misfit : whole((percent / PERCENT) * scale, misfit);
}

/** A whole number, `1,000` and `max` too. */
export function parseDamoCount(value: string | number): number | Misfit {
  const misfit: Misfit = { expected: 'a whole number, like 10 or 1,000' };
  const plain = parseNumber(value);
  return plain === undefined ? misfit : whole(plain, misfit);
}

/** `5 %`, `4 samples`, `max`; a bare number is in percent. */
export function parseNrAccesses(value: string | number): NrAccessesBound | Misfit {
  const plain = parseNumber(value) ?? percentOf(String(value));
  if (plain !== undefined) return { percent: plain };
  const samples = counted(value, 'samples');
  return samples === undefined ? { expected: 'a rate of accesses, like 5 %, 4 samples or max' } : { samples };
}

/** `3 s`, `30 aggr_intervals`, `max`; a bare number is in µs. */
export function parseAge(value: string | number): AgeBound | Misfit {
  const plain = parseNumber(value);
  if (plain !== undefined) return { usec: plain };
  const intervals = counted(value, 'aggr_intervals');
  if (intervals !== undefined) return { aggrIntervals: intervals };
  const ns = parseDurationNs(value);
  return typeof ns === 'number' ? { usec: ns / NS_PER_US } : { expected: 'an age, like 3 s, 30 aggr_intervals or max' };
}

/** A number without a unit, `min` and `max`; undefined for all else. */
function parseNumber(value: string | number): number | undefined {
  if (value === 'min') return 0;
  if (value === 'max') return ULONG_MAX;
  const text = String(value).replaceAll(',', '').trim();
  return /^(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/.test(text) ? Number(text) : undefined;
}

function percentOf(text: string): number | undefined {
  return text.endsWith('%') ? parseNumber(text.slice(0, -1).trim()) : undefined;
}

function counted(value: string | number, unit: string): number | undefined {
  const [number, word, ...more] = String(value).trim().split(/\s+/);
  return word === unit && more.length === 0 ? parseNumber(number as string) : undefined;
}

function whole(value: number, misfit: Misfit): number | Misfit {
  return Number.isFinite(value) && value >= 0 ? Math.min(Math.trunc(value), U64_MAX) : misfit;
}
