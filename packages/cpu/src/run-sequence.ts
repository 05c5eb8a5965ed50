import { PAGE_BYTES } from '@damonlab/base';
import type { PlacedRegion } from '@damonlab/mm';
import type { AccessBatch } from '@damonlab/workload';
import type { AccessCore } from './access-core.js';

/**
 * Make the accesses of a `sequence` batch from `now` on; an access starts while the clock is before `limit`. Steps page
 * by page, and over whole sweeps once a sweep has shown that it changes nothing any more (`SweepWatch`).
 *
 * @returns the time after the last access made; the batch stands behind it.
 */
export function runSequence(core: AccessCore, batch: AccessBatch, region: PlacedRegion, now: number, limit: number): number {
  const { bytes, write, computePs } = batch;
  const { watch } = core;
  // A stride of nothing, or over the end, lands on offset 0 every time.
  const stride = batch.stride === 0 || batch.stride >= bytes ? 0 : batch.stride;
  const perSweep = stride === 0 ? 0 : Math.ceil(bytes / stride);
  watch.begin(perSweep);
  let { offset, remaining } = batch;
  let time = now;
  let visits = 0;
  while (remaining > 0 && time < limit) {
    offset = stride === 0 ? 0 : offset + stride;
    if (offset >= bytes) {
      offset = 0;
      const sweeps = watch.sweepStarts(time, limit, remaining, core.tlbMisses, core.pageFaults, visits);
      if (sweeps > 0) {
        time += sweeps * watch.sweepPs;
        remaining -= sweeps * perSweep;
        core.accesses += sweeps * perSweep;
        core.tlbMisses += sweeps * watch.misses;
        if (remaining === 0 || time >= limit) {
          offset = (perSweep - 1) * stride;
          break;
        }
      }
    }
    const at = offset + region.headerBytes;
    const pte = region.firstPte + Math.floor(at / PAGE_BYTES);
    visits++;
    time += computePs + core.access(pte, write, time);
    let made = 1;
    const more = Math.min(remaining, accessesInPage(at, offset, stride, bytes)) - 1;
    if (more > 0 && time < limit) {
      const hitPs = computePs + core.repeatPs(pte);
      const fit = Math.min(more, Math.ceil((limit - time) / hitPs));
      time += fit * hitPs;
      offset += fit * stride;
      made += fit;
    }
    remaining -= made;
    core.accesses += made;
  }
  batch.offset = offset;
  batch.remaining = remaining;
  return time;
}

/** Accesses from `offset` on that stay in its page and before the wrap, this one included. `at`: the offset within the mapping. */
function accessesInPage(at: number, offset: number, stride: number, bytes: number): number {
  if (stride === 0) return Number.MAX_SAFE_INTEGER;
  if (stride >= PAGE_BYTES) return 1;
  const room = Math.min(PAGE_BYTES - (at % PAGE_BYTES), bytes - offset);
  return Math.ceil(room / stride);
}
