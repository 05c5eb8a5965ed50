import { type AccessBatch, BatchKind } from './access-program.js';

/** A few fixed pages that are accessed by the way, each once and in order; made once, filled in often. */
export interface PageTouch {
  /** Index into `Workload.regions`. */
  readonly region: number;
  readonly write: 0 | 1;
  /** Page numbers relative to the region's mapping. */
  readonly pages: Uint32Array;
}

/** Fill in one access to each page of `touch` that costs no instruction time of its own. */
export function fillTouch(batch: AccessBatch, touch: PageTouch, phase: number): void {
  fillTouchRange(batch, touch, 0, touch.pages.length, phase);
}

/** The same for the pages `[begin, end)` of `touch` only. */
export function fillTouchRange(batch: AccessBatch, touch: PageTouch, begin: number, end: number, phase: number): void {
  batch.kind = BatchKind.pages;
  batch.region = touch.region;
  batch.write = touch.write;
  batch.remaining = end - begin;
  batch.computePs = 0;
  batch.pages = touch.pages;
  batch.begin = begin;
  batch.cursor = begin;
  batch.end = end;
  batch.phase = phase;
}

/** The page numbers 0 to `nrPages` - 1. */
export function allPages(nrPages: number): Uint32Array {
  return Uint32Array.from({ length: nrPages }, (_, page) => page);
}
