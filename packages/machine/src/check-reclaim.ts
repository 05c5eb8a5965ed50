import { assert } from '@damonlab/base';
import { anonymous, type Memory, Pte, type Reclaim, VmaIndex } from '@damonlab/mm';
import { allSpaces } from './other-memory.js';
import type { Process } from './processes.js';

/**
 * What is out of memory is not in it and has a slot of swap space if it lay in no file; what was given up by MADV_FREE and is still there
 * was given up once and not dropped; what is counted for processes is what is counted for the machine.
 *
 * @throws when reclaim contradicts itself.
 */
export function checkReclaim(reclaim: Reclaim, memory: Memory, processes: readonly Process[]): void {
  const { lru, image } = memory;
  const { pteFlags, ptePfn } = image;
  const spaces = allSpaces(processes, memory);
  const vmas = new VmaIndex(spaces);
  let slots = 0;
  let lazyfree = 0;
  for (let pte = 0; pte < pteFlags.length; pte++) {
    const present = (pteFlags[pte] & Pte.present) !== 0;
    const vma = present || reclaim.isOut(pte) ? vmas.vmaOf(pte) : undefined;
    if (vma === undefined || !anonymous(vma)) continue;
    if (reclaim.isOut(pte)) {
      assert(!present, `the page of entry ${pte} is both in memory and out of it`);
      slots++;
    } else if (lru?.has(ptePfn[pte]) === true && lru.isFile(ptePfn[pte])) lazyfree += memory.pagesOf(pte);
  }
  const { counters, byProcess, swapPages, freeSwap } = reclaim;
  assert(slots + freeSwap === swapPages, `${slots} pages in swap space and ${freeSwap} free slots do not add up to ${swapPages}`);
  const undropped = counters.pglazyfree - counters.pglazyfreed;
  assert(lazyfree <= undropped, `${lazyfree} pages are lazyfree, of ${undropped} that were given up and not dropped`);
  for (const name of ['pswpin', 'pswpout', 'pgmajfault', 'pgsteal_kswapd', 'pgsteal_direct', 'pglazyfree', 'pglazyfreed'] as const) {
    const sum = spaces.reduce((all, { id }) => all + byProcess.of(id)[name], 0);
    const all = counters[name] + (name === 'pgsteal_direct' ? reclaim.stolenForMemcgs : 0);
    assert(sum === all, `${name} of all processes is ${sum}, of the machine ${all}`);
  }
}
