import { PS_PER_NS } from '@damonlab/base';

/**
 * Values as damo's users write them: `5ms`, `100 us`, `64 MiB`, `1,000`, `4 %`, `max`.
 *
 * Each parser returns a number, or a sentence that says what it expected; it never throws.
 */

/** What a value may look like, for error messages. */
export interface Misfit {
  readonly expected: string;
  readonly hint?: string;
}

/** Largest time in ns that the simulator counts: about 104 days. `max` means this. */
export const MAX_NS = Number.MAX_SAFE_INTEGER;

const NS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['usec', 1e3],
  ['ms', 1e6],
  ['msec', 1e6],
  ['s', 1e9],
  ['sec', 1e9],
  ['m', 60e9],
  ['min', 60e9],
  ['h', 3600e9],
  ['d', 86_400e9],
]);

const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map(
  ['K', 'M', 'G', 'T', 'P'].flatMap((letter, i) => {
    const bytes = 1024 ** (i + 1);
    return [[letter, bytes] as const, [letter.toLowerCase(), bytes] as const, [`${letter}iB`, bytes] as const];
  }),
);

const NUMBER_AND_UNIT = /^([0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+)\s*([^\s0-9.,]*)$/u;

/** A number with thousands separators and the unit after it, or undefined. */
function split(text: string): { value: number; unit: string } | undefined {
  const match = NUMBER_AND_UNIT.exec(text.trim());
  if (match === null) return undefined;
  const digits = match[1] as string;
  if (digits.includes(',') && !/^[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$/.test(digits)) return undefined;
  return { value: Number(digits.replaceAll(',', '')), unit: match[2] as string };
}

/**
 * A time to whole ns. `bareNs` is the worth of a number without a unit (1000 for a key that is called `..._us`); left out,
 * only 0 may go without a unit.
 */
export function parseDurationNs(value: string | number, bareNs?: number): number | Misfit {
  return parseTime(value, 1, bareNs);
}

/** A cost to whole ps, so that `0.5 ns` is possible. */
export function parseCostPs(value: string | number): number | Misfit {
  return parseTime(value, PS_PER_NS);
}

function parseTime(value: string | number, perNs: number, bareNs?: number): number | Misfit {
  const examples = 'like 5 ms, 100 us or 1 s';
  const misfit: Misfit = { expected: bareNs === undefined ? `a time with its unit, ${examples}` : `a time, ${examples}` };
  if (value === 'max') return MAX_NS;
  const parts = typeof value === 'number' ? { value, unit: '' } : (split(value) ?? sum(value));
  if (parts === undefined) return misfit;
  let factor = NS_PER_UNIT.get(parts.unit);
  if (parts.unit === '') factor = parts.value === 0 ? 1 : bareNs;
  if (factor === undefined) {
    const hint = parts.unit === '' ? `write the unit: ${parts.value} ms?` : 'units of time are ns, us, ms, s, min, h and d';
    return { ...misfit, hint };
  }
  const time = Math.round(parts.value * factor * perNs);
  return time >= 0 && time <= MAX_NS ? time : { expected: 'a time from 0 to 104 days' };
}

/** A time of several parts, as damo prints it: `1 m 30 s`. */
function sum(text: string): { value: number; unit: string } | undefined {
  const parts = text.trim().match(/[0-9.,]+\s*[a-zµ]+/gu) ?? [];
  if (parts.length < 2 || parts.join(' ').replaceAll(/\s/g, '') !== text.replaceAll(/\s/g, '')) return undefined;
  let ns = 0;
  for (const part of parts) {
    const { value, unit } = split(part) ?? { value: Number.NaN, unit: '' };
    ns += value * (NS_PER_UNIT.get(unit) ?? Number.NaN);
  }
  return Number.isNaN(ns) ? undefined : { value: ns, unit: 'ns' };
}

/** A size to whole bytes; units count by 1024, as damo's do, and a bare number is bytes. */
export function parseBytes(value: string | number): number | Misfit {
  const misfit: Misfit = { expected: 'a size, like 4096, 64 MiB or 16 G' };
  if (value === 'max') return Number.MAX_SAFE_INTEGER;
  if (typeof value === 'string' && /^\s*0x[0-9a-f]+\s*$/i.test(value)) return whole(Number(value), misfit);
  const parts = typeof value === 'number' ? { value, unit: '' } : split(value);
  if (parts === undefined) return misfit;
  if (/^[kmgtp]B$/i.test(parts.unit)) {
    const letter = parts.unit.charAt(0).toUpperCase();
    return { ...misfit, hint: `write ${letter}iB (by 1024) or plain bytes: ${parts.unit} can mean both 1000 and 1024` };
  }
  const factor = parts.unit === '' || parts.unit === 'B' ? 1 : BYTES_PER_UNIT.get(parts.unit);
  if (factor === undefined) return { ...misfit, hint: 'units of size are B, KiB, MiB, GiB and TiB' };
  return whole(parts.value * factor, { ...misfit, expected: 'a size of whole bytes below 8 PiB' });
}

/** A whole number, `1,000` and `max` allowed. */
export function parseCount(value: string | number): number | Misfit {
  const misfit: Misfit = { expected: 'a whole number, like 10 or 1,000' };
  if (value === 'max') return Number.MAX_SAFE_INTEGER;
  const parts = typeof value === 'number' ? { value, unit: '' } : split(value);
  return parts === undefined || parts.unit !== '' ? misfit : whole(parts.value, misfit);
}

/** A rate to 1/10000: `4 %` is 400, a bare number is 1/10000 already, as the kernel's `access_bp`. */
export function parseBp(value: string | number): number | Misfit {
  const misfit: Misfit = { expected: 'a rate, like 4 % (or 400, in 1/10000)' };
  const parts = typeof value === 'number' ? { value, unit: '' } : split(value);
  if (parts === undefined || (parts.unit !== '' && parts.unit !== '%')) return misfit;
  return whole(parts.unit === '%' ? Math.round(parts.value * 100) : parts.value, misfit);
}

/** A share from 0 to 1: `0.5` or `50 %`. */
export function parseShare(value: string | number): number | Misfit {
  const misfit: Misfit = { expected: 'a share from 0 to 1, like 0.5 or 50 %' };
  const parts = typeof value === 'number' ? { value, unit: '' } : split(value);
  if (parts === undefined || (parts.unit !== '' && parts.unit !== '%')) return misfit;
  const share = parts.unit === '%' ? parts.value / 100 : parts.value;
  return share >= 0 && share <= 1 ? share : misfit;
}

function whole(value: number, misfit: Misfit): number | Misfit {
  return Number.isSafeInteger(value) && value >= 0 ? value : misfit;
}
