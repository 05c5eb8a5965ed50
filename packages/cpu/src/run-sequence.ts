import { PAGE_BYTES } from '@damonlab/base';
import type { PlacedRegion } from '@damonlab/mm';
import type { AccessBatch } from '@damonlab/workload';
import type { AccessCore } from './access-core.js';
import { MOST_NOTED } from './uniform-kernel.js';

/** Fewer accesses than this before the limit are made one by one. */
const CAREFUL = 16;
/** A kernel adds up ps in 31 bits. */
const MOST_KERNEL_PS = 2 ** 31 - 1;

/**
 * Make the accesses of a `sequence` batch from `now` on; an access starts while the clock is before `limit`. Goes sweep by
 * sweep through the region, and over many sweeps at once when one has shown that it changes nothing any more (`SweepWatch`).
 *
 * @returns the time after the last access made; the batch stands behind it.
 */
export function runSequence(core: AccessCore, batch: AccessBatch, region: PlacedRegion, now: number, limit: number): number {
  const { bytes, stride } = batch;
  if (stride === 0 || stride >= bytes) return samePage(core, batch, region, now, limit);
  const { watch } = core;
  const perSweep = Math.ceil(bytes / stride);
  watch.begin(perSweep);
  let time = now;
  while (batch.remaining > 0 && time < limit) {
    if (batch.offset + stride >= bytes) {
      const sweeps = watch.sweepStarts(core, time, limit, batch.remaining);
      time += sweeps * watch.sweepPs;
      batch.remaining -= sweeps * perSweep;
      if (batch.remaining === 0 || time >= limit) {
        if (sweeps > 0) batch.offset = (perSweep - 1) * stride;
        break;
      }
    }
    time = straight(core, batch, region, time, limit);
  }
  return time;
}

/** Accesses up to the end of the sweep, the batch or the time, or to a fault, which is handled. */
function straight(core: AccessCore, batch: AccessBatch, region: PlacedRegion, now: number, limit: number): number {
  const { bytes, stride, computePs } = batch;
  const next = nextOffset(batch);
  const mostPs = computePs + core.mostPs;
  const room = Math.floor(Math.min(limit - now, MOST_KERNEL_PS) / mostPs);
  const fit = Math.min(batch.remaining, Math.ceil((bytes - next) / stride), room);
  if (fit < CAREFUL) return nextOfSequence(core, batch, region, now);
  const at = next + region.headerBytes;
  const pte = region.firstPte + Math.floor(at / PAGE_BYTES);
  const noted = Math.max(0, Math.min(MOST_NOTED, Math.floor((limit - now - fit * mostPs) / core.hintFaultPs)));
  const made = core.sequence(fit, pte, at % PAGE_BYTES, Math.floor(stride / PAGE_BYTES), stride % PAGE_BYTES, batch.write, noted);
  if (made === 0) return nextOfSequence(core, batch, region, now);
  const out = core.kernelOut;
  const [misses, spentPs, visits, faults] = out;
  const { passed, hintFaultPs } = core;
  for (let n = 0, at = 4; n < faults; n++, at += 3) {
    passed.pte[n] = out[at];
    passed.timePs[n] = now + out[at + 1] * computePs + out[at + 2] + n * hintFaultPs;
  }
  core.hintFaultsPassed(faults, batch.write);
  core.tlbMisses += misses;
  core.disturbed += misses;
  core.pageVisits += visits;
  core.accesses += made;
  batch.remaining -= made;
  batch.offset = next + (made - 1) * stride;
  return now + made * computePs + spentPs + faults * hintFaultPs;
}

/** The next access of a `sequence` batch, by itself; returns the time after it. */
export function nextOfSequence(core: AccessCore, batch: AccessBatch, region: PlacedRegion, now: number): number {
  batch.offset = nextOffset(batch);
  batch.remaining--;
  core.accesses++;
  core.pageVisits++;
  return now + batch.computePs + core.access(entryOf(batch, region), batch.write, now);
}

/** @masim do_seq: offset += stride, back to 0 where that is over the end. */
function nextOffset({ offset, stride, bytes }: AccessBatch): number {
  return offset + stride >= bytes ? 0 : offset + stride;
}

/** The entry of the page at the offset of `batch`. */
function entryOf({ offset }: AccessBatch, region: PlacedRegion): number {
  return region.firstPte + Math.floor((offset + region.headerBytes) / PAGE_BYTES);
}

/** A stride of nothing stays where it is, one over the end lands on offset 0 every time: after the first access all are hits. */
function samePage(core: AccessCore, batch: AccessBatch, region: PlacedRegion, now: number, limit: number): number {
  if (batch.remaining === 0 || now >= limit) return now;
  const time = nextOfSequence(core, batch, region, now);
  const hitPs = batch.computePs + core.repeatPs(entryOf(batch, region));
  const more = Math.max(0, Math.min(batch.remaining, Math.ceil((limit - time) / hitPs)));
  core.accesses += more;
  batch.remaining -= more;
  return time + more * hitPs;
}
