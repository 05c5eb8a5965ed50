import { PS_PER_NS } from '@damonlab/base';
import type { AccessEngine } from './run-accesses.js';
import type { SimThread } from './thread.js';

/**
 * Make the accesses of a `runs` batch from `now` on; an access starts while the clock is before `limit`. The first access to a page in
 * a run is made, and so is the first one after a stop, because others may have changed the page meanwhile, and one that is sampled. The
 * rest of the run hits what it left.
 *
 * @param counters `CpuChannel.regionAccesses`: a run names its region itself
 * @returns the time after the last access made; the batch stands behind it.
 */
export function runRuns(
  { core, sampler, probe }: AccessEngine,
  thread: SimThread,
  counters: Float64Array,
  now: number,
  limit: number,
): number {
  const { batch, firstCounter } = thread;
  const { refs, counts, spans, region, page } = batch.runs;
  const { regions } = thread.space;
  const { computePs, end } = batch;
  const sampling = sampler?.on === true;
  let time = now;
  let { cursor, offset } = batch;
  while (cursor < end && time < limit) {
    const ref = refs[cursor];
    const write = ref & 1;
    const place = ref >>> 1;
    const count = counts[cursor];
    const total = count * spans[cursor];
    const regionIndex = region[place];
    const firstPte = regions[regionIndex].firstPte + page[place];
    const before = offset;
    do {
      const pte = firstPte + Math.floor(offset / count);
      time += computePs + core.access(pte, write, time);
      offset++;
      if (sampling && --sampler.left === 0) {
        core.reportSample(write, time);
        time += sampler.config.costNs * PS_PER_NS;
        sampler.left = sampler.config.every;
      }
      const rest = (count - (offset % count)) % count;
      if (rest > 0 && time < limit) {
        const hitPs = computePs + core.repeatPs(pte);
        const due = Math.min(rest, Math.ceil((limit - time) / hitPs));
        const more = sampling ? Math.min(due, sampler.left - 1) : due;
        time += more * hitPs;
        offset += more;
        if (sampling) sampler.left -= more;
      }
    } while (offset < total && time < limit);
    const made = offset - before;
    // Pages of one run lie side by side: the last one stands for all.
    probe?.moved(core.lastNid, made, write);
    core.accesses += made;
    counters[firstCounter + 2 * regionIndex + write] += made;
    if (offset < total) break;
    offset = 0;
    cursor++;
  }
  batch.cursor = cursor;
  batch.offset = offset;
  batch.remaining = end - cursor;
  return time;
}
