import { PAGE_BYTES } from '@damonlab/base';
import type { MapEvent, TraceVma } from './meta.js';
import type { PageRange, PageSet } from './page-set.js';

/** Touched pages that no mapping is known for count as one mapping when they lie this close together, */
const GAP_PAGES = 64;
/** or further apart, so far that there are no more mappings than this. */
const MOST_UNKNOWN = 256;

interface Piece {
  start: number;
  end: number;
  name: string;
}

/**
 * The mappings of a trace: everything that was mapped and accessible at some time, and the surroundings of pages that were
 * touched without a mapping being known (what was there before the trace began, stacks, formats that tell no mappings).
 * One static picture: what was unmapped and mapped again in another shape is the union of both.
 */
export function traceVmas(events: readonly MapEvent[], touched: PageSet): TraceVma[] {
  const pieces = merge(events.filter((event) => event.op !== 'unmap' && event.prot !== 0 && event.end > event.start));
  const unknown = clusters(touched)
    .flatMap((range) => outside({ start: range.start * PAGE_BYTES, end: range.end * PAGE_BYTES }, pieces))
    .flatMap((range) => shrink(range, touched));
  return named(merge([...pieces, ...unknown.map((range) => ({ ...range, name: '' }))]));
}

function clusters(touched: PageSet): PageRange[] {
  let gap = GAP_PAGES;
  let ranges = touched.ranges(gap);
  while (ranges.length > MOST_UNKNOWN) {
    gap *= 8;
    ranges = touched.ranges(gap);
  }
  return ranges;
}

/** Sorted and disjoint; pieces that overlap or touch and have one name become one, an overlap goes to the lower one. */
function merge(pieces: readonly Piece[]): Piece[] {
  const merged: Piece[] = [];
  for (const { start, end, name } of [...pieces].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged[merged.length - 1];
    if (last === undefined || start > last.end || (start === last.end && name !== last.name)) merged.push({ start, end, name });
    else if (name === last.name) last.end = Math.max(last.end, end);
    else if (end > last.end) merged.push({ start: last.end, end, name });
  }
  return merged;
}

function outside(range: { start: number; end: number }, pieces: readonly Piece[]): { start: number; end: number }[] {
  const left: { start: number; end: number }[] = [];
  let at = range.start;
  for (const piece of pieces) {
    if (piece.end <= at) continue;
    if (piece.start >= range.end) break;
    if (piece.start > at) left.push({ start: at, end: piece.start });
    at = Math.max(at, piece.end);
  }
  if (at < range.end) left.push({ start: at, end: range.end });
  return left;
}

/** Without the untouched pages at both ends; nothing if none is touched. */
function shrink(range: { start: number; end: number }, touched: PageSet): { start: number; end: number }[] {
  let start = range.start / PAGE_BYTES;
  let end = range.end / PAGE_BYTES;
  while (start < end && !touched.has(start)) start++;
  while (end > start && !touched.has(end - 1)) end--;
  return start === end ? [] : [{ start: start * PAGE_BYTES, end: end * PAGE_BYTES }];
}

/** Names for reports, each only once: `heap`, `libc.so.6`, `anon`, `anon-2`. */
function named(pieces: readonly Piece[]): TraceVma[] {
  const seen = new Map<string, number>();
  return pieces.map(({ start, end, name }) => {
    const stem = name === '' ? 'touched' : name;
    const nth = (seen.get(stem) ?? 0) + 1;
    seen.set(stem, nth);
    return { start, end, name: nth === 1 ? stem : `${stem}-${nth}` };
  });
}
