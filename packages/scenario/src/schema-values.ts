import { z } from 'zod';
import { type Misfit, parseBytes, parseCostPs, parseCount, parseDurationNs, parseShare } from './units.js';

/** A map that knows its keys. The message of an unknown key is the list of the known ones; `explain.ts` makes the sentence. */
export function section<S extends z.ZodRawShape>(shape: S) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined) });
}

/** A string or number that `parse` understands. */
export function parsed<T>(parse: (value: string | number) => T | Misfit) {
  return z.union([z.string(), z.number()]).transform((value, ctx) => {
    const result = parse(value);
    if (!isMisfit(result)) return result;
    ctx.issues.push({ code: 'custom', input: value, message: 'wrong value', params: { ...result } });
    return z.NEVER;
  });
}

function isMisfit<T>(result: T | Misfit): result is Misfit {
  return typeof result === 'object' && result !== null && 'expected' in result;
}

/** A number that `parse` understands, from `min` to `max`. */
export function quantity(parse: (value: string | number) => number | Misfit, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
  return parsed((value) => {
    const result = parse(value);
    return typeof result === 'number' ? (outside(result, min, max) ?? result) : result;
  });
}

function outside(value: number, min: number, max: number): Misfit | undefined {
  if (value >= min && value <= max) return undefined;
  return { expected: max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}` };
}

export const duration = quantity((value) => parseDurationNs(value));
/** Keys that are called `..._us`: a bare number is µs, and so is the result. */
export const microseconds = quantity((value) => {
  const ns = parseDurationNs(value, 1_000);
  return typeof ns === 'number' ? Math.floor(ns / 1_000) : ns;
});
export const cost = quantity(parseCostPs);
export const bytes = quantity(parseBytes);
export const share = quantity(parseShare);
export const count = (min: number, max: number) => quantity(parseCount, { min, max });
export const onOff = z.union([z.boolean(), z.enum(['on', 'off'])]).transform((value) => value === true || value === 'on');
export const label = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/, 'letters, digits, dots, dashes and underscores, at most 80');
