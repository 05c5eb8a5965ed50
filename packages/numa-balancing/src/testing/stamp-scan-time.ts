import type { NumaBalancing } from '../balancing.js';
import { timeWord } from '../promotion.js';

/** What a host does with a page that it has armed: a slow one keeps the time. */
export function stampScanTime(nb: NumaBalancing, page: number, nid: number, nowNs: number): void {
  if (nb.usesAccessTime(nid)) nb.host.memory.exchangeCpupid(page, timeWord(nb, nowNs));
}
