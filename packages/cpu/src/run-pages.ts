import { PAGE_BYTES } from '@damonlab/base';
import type { PlacedRegion } from '@damonlab/mm';
import type { AccessBatch } from '@damonlab/workload';
import type { AccessCore, PagesKernels } from './access-core.js';
import type { SteadyRegion } from './steady-region.js';
import { MOST_NOTED } from './uniform-kernel.js';

/** Shorter lists are not worth code of their own, nor the question whether their region is steady. */
const SHORT_LIST = 64;
/** Fewer accesses than this before the limit are made one by one. */
const CAREFUL = 16;
/** Longest run of a kernel; bounds the ps that it adds up in 31 bits. */
const CHUNK = 1024;

/**
 * Make the accesses of a `pages` batch from `now` on; an access starts while the clock is before `limit`.
 * @returns the time after the last access made; the batch stands behind it.
 */
export function runPages(
  core: AccessCore,
  steady: SteadyRegion,
  batch: AccessBatch,
  region: PlacedRegion,
  now: number,
  limit: number,
): number {
  if (batch.end - batch.begin < SHORT_LIST) return shortList(core, batch, region.firstPte, now, limit);
  let time = now;
  const nrPages = (region.end - region.start) / PAGE_BYTES;
  if (steady.holds(core, region.firstPte, nrPages, batch.write)) {
    time = skipAhead(core, steady, batch, now, limit);
    if (batch.remaining === 0 || time >= limit) return time;
  }
  const before = batch.remaining;
  const flags = core.uniform.flags(region.firstPte, nrPages, core.generation);
  time = longList(core, batch, region.firstPte, flags, time, limit);
  steady.made(before - batch.remaining);
  core.uniform.made(region.firstPte, before - batch.remaining);
  return time;
}

/** Up to the end of the list or the exception, every access is known to change nothing: only clock, counter and cursor move. */
function skipAhead(core: AccessCore, steady: SteadyRegion, batch: AccessBatch, now: number, limit: number): number {
  const { pages, cursor } = batch;
  let stop = Math.min(batch.end, cursor + batch.remaining);
  if (steady.exception >= 0) {
    const at = pages.indexOf(steady.exception, cursor);
    if (at >= 0 && at < stop) stop = at;
  }
  const accessPs = batch.computePs + steady.hitPs;
  const made = Math.max(0, Math.min(stop - cursor, Math.ceil((limit - now) / accessPs)));
  batch.remaining -= made;
  batch.cursor = cursor + made === batch.end ? batch.begin : cursor + made;
  core.accesses += made;
  steady.skipped(made);
  return now + made * accessPs;
}

function shortList(core: AccessCore, batch: AccessBatch, first: number, now: number, limit: number): number {
  let time = now;
  while (batch.remaining > 0 && time < limit) time = nextOfPages(core, batch, first, time);
  return time;
}

/** The next access of a `pages` batch, by itself; returns the time after it. */
export function nextOfPages(core: AccessCore, batch: AccessBatch, first: number, now: number): number {
  const cost = core.access(first + batch.pages[batch.cursor], batch.write, now);
  batch.cursor = batch.cursor + 1 === batch.end ? batch.begin : batch.cursor + 1;
  batch.remaining--;
  core.accesses++;
  core.pageVisits++;
  return now + batch.computePs + cost;
}

function longList(core: AccessCore, batch: AccessBatch, first: number, flags: number, now: number, limit: number): number {
  const { watch } = core;
  const { begin, end, computePs } = batch;
  const kernels = core.pagesKernels(batch.pages);
  const mostPs = computePs + core.mostPs;
  watch.begin(end - begin);
  let time = now;
  while (batch.remaining > 0 && time < limit) {
    if (batch.cursor === begin) {
      const sweeps = watch.sweepStarts(core, time, limit, batch.remaining);
      time += sweeps * watch.sweepPs;
      batch.remaining -= sweeps * watch.accesses;
    }
    const fit = Math.min(CHUNK, end - batch.cursor, batch.remaining, Math.floor((limit - time) / mostPs));
    const due = batch.remaining;
    if (fit >= CAREFUL) {
      if (flags === 0) time += general(core, kernels, batch, first, fit);
      else time += uniform(core, kernels, batch, first, { flags, fit, now: time, limit });
    }
    // A kernel stops before a fault, and none is asked when the limit is near.
    const alone = fit < CAREFUL || due - batch.remaining < fit;
    if (alone && batch.remaining > 0 && time < limit) time = nextOfPages(core, batch, first, time);
  }
  return time;
}

/** `fit` accesses, or up to a fault; returns the ps that they take. */
function general(core: AccessCore, kernels: PagesKernels, batch: AccessBatch, first: number, fit: number): number {
  const made = kernels.general(batch.cursor, batch.cursor + fit, first, batch.write);
  const [misses, spentPs] = core.kernelOut;
  advance(core, batch, made, misses);
  return made * batch.computePs + spentPs;
}

/** `fit` accesses to pages with the same `flags`, or up to an armed one without time for its fault; returns the ps that they take. */
function uniform(
  core: AccessCore,
  kernels: PagesKernels,
  batch: AccessBatch,
  first: number,
  { flags, fit, now, limit }: { flags: number; fit: number; now: number; limit: number },
): number {
  const { cursor, write, computePs } = batch;
  const { kernelOut, passed, hintFaultPs } = core;
  const accessPs = computePs + core.cost.hitPs[flags];
  const walkPs = core.cost.walkPs[flags] - core.cost.hitPs[flags];
  const room = Math.min(MOST_NOTED, Math.max(0, Math.floor((limit - now - fit * (accessPs + walkPs)) / hintFaultPs)));
  const kernel = write === 1 ? kernels.writes : kernels.reads;
  const made = kernel(cursor, cursor + fit, first, flags, room);
  const [misses, faults] = kernelOut;
  for (let n = 0; n < faults; n++) {
    const at = kernelOut[2 + 2 * n];
    passed.pte[n] = first + batch.pages[at];
    passed.timePs[n] = now + ((at - cursor) * accessPs + kernelOut[3 + 2 * n] * walkPs + n * hintFaultPs);
  }
  core.hintFaultsPassed(faults, write);
  advance(core, batch, made, misses);
  return made * accessPs + misses * walkPs + faults * hintFaultPs;
}

function advance(core: AccessCore, batch: AccessBatch, made: number, misses: number): void {
  core.tlbMisses += misses;
  core.disturbed += misses;
  core.accesses += made;
  core.pageVisits += made;
  batch.remaining -= made;
  batch.cursor = batch.cursor + made === batch.end ? batch.begin : batch.cursor + made;
}
