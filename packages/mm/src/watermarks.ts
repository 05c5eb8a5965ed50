import { PAGE_BYTES } from '@damonlab/base';
import type { Topology } from './topology.js';

/** Free pages of a node below which something is done or refused. A node is one zone here. */
export interface Watermarks {
  readonly min: number;
  readonly low: number;
  readonly high: number;
  /** Memory tiering wakes kswapd below it. */
  readonly promo: number;
}

const LEAST_FREE_KB = 128;
const MOST_FREE_KB = 262_144;
/** Distance between two marks, in ten-thousandths of the node. @kernel vm.watermark_scale_factor, default */
const SCALE_FACTOR = 10;

/**
 * The marks of each node under the default `vm.min_free_kbytes`.
 *
 * @kernel mm/page_alloc.c calculate_min_free_kbytes, __setup_per_zone_wmarks (7.3, 6.12)
 */
export function watermarksOf(topology: Topology): Watermarks[] {
  const pages = topology.nodes.map((node) => node.memoryBytes / PAGE_BYTES);
  const total = pages.reduce((sum, nodePages) => sum + nodePages, 0);
  const totalKb = (total * PAGE_BYTES) / 1024;
  const minFreeKb = Math.min(MOST_FREE_KB, Math.max(LEAST_FREE_KB, Math.floor(Math.sqrt(totalKb * 16))));
  const minFreePages = Math.floor((minFreeKb * 1024) / PAGE_BYTES);
  return pages.map((nodePages) => {
    const min = Math.floor((minFreePages * nodePages) / total);
    const step = Math.max(min >> 2, Math.floor((nodePages * SCALE_FACTOR) / 10_000));
    return { min, low: min + step, high: min + 2 * step, promo: min + 3 * step };
  });
}
