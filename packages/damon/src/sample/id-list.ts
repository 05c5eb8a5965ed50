import { UserError } from '@damonlab/base';

/** The CPUs, or threads, that there are. */
export type KnownIds = ReadonlySet<number>;

/**
 * A cpulist such as `0-3,8` as ascending CPU numbers. Throws `UserError` naming `where` on anything else (also on the kernel's
 * `0-31:2/4` groups) and on CPUs that are not `known`.
 *
 * @kernel lib/bitmap-str.c bitmap_parselist
 */
export function parseCpuList(text: string, known: KnownIds, where: string): number[] {
  return parseIdList(text, 'CPU', known, where);
}

/** A list of threads such as `1,2` (ranges too) as ascending ids. Throws `UserError` as `parseCpuList` does. */
export function parseTidList(text: string, known: KnownIds, where: string): number[] {
  return parseIdList(text, 'thread', known, where);
}

/** Throws `UserError` unless `ids` are some and all of them are known. */
export function checkIds(ids: readonly number[], kind: 'CPU' | 'thread', known: KnownIds, where: string): void {
  if (ids.length === 0) throw new UserError(`no ${kind} named`, { where, expected: expectedIds(kind, known), actual: 'an empty list' });
  for (const id of ids) checkId(id, kind, known, where);
}

/** Ascending ids as text: `0-3,8`. */
export function formatIdList(ids: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < ids.length; ) {
    let last = i;
    while (last + 1 < ids.length && ids[last + 1] === ids[last] + 1) last++;
    parts.push(last === i ? String(ids[i]) : `${ids[i]}-${ids[last]}`);
    i = last + 1;
  }
  return parts.join(',');
}

function parseIdList(text: string, kind: 'CPU' | 'thread', known: KnownIds, where: string): number[] {
  const ids = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part);
    if (match === null) throw badList(text, kind, known, where);
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first) throw badList(text, kind, known, where);
    // Checked one by one, so that an absurd range ends at the first id that does not exist.
    for (let id = first; id <= last; id++) {
      checkId(id, kind, known, where);
      ids.add(id);
    }
  }
  return [...ids].sort((a, b) => a - b);
}

function badList(text: string, kind: 'CPU' | 'thread', known: KnownIds, where: string): UserError {
  return new UserError(`bad ${kind} list`, {
    where,
    expected: `numbers and ascending ranges, as 0-3,8, of ${expectedIds(kind, known)}`,
    actual: JSON.stringify(text),
  });
}

function checkId(id: number, kind: 'CPU' | 'thread', known: KnownIds, where: string): void {
  if (known.has(id)) return;
  throw new UserError(`unknown ${kind}`, { where, expected: expectedIds(kind, known), actual: String(id) });
}

function expectedIds(kind: 'CPU' | 'thread', known: KnownIds): string {
  const ids = [...known].sort((a, b) => a - b);
  return `${kind}s ${formatIdList(ids)}`;
}
