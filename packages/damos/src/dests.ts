import type { MigrateDest } from './config.js';

/**
 * The number by which a page finds its destination: its offset in the file or anonymous object behind the VMA, in folios of 2^`order`
 * pages. The same page always gets the same number.
 *
 * @kernel mm/damon/vaddr.c damos_va_migrate_dests_add (7.3)
 */
export function interleaveIndex(vmaPgoff: number, pageInVma: number, order: number): number {
  const folio = 2 ** order;
  return Math.floor(vmaPgoff / folio) + Math.floor(pageInVma / folio);
}

/**
 * Node of number `index` when consecutive numbers go round the destinations by their weights; undefined when all weights are 0.
 * The rule of weighted interleaving, so that pages that lie right are not moved again.
 *
 * @kernel mm/damon/vaddr.c damos_va_migrate_dests_add (7.3)
 */
export function destinationOf(dests: readonly MigrateDest[], index: number): number | undefined {
  let total = 0;
  for (const { weight } of dests) total += weight;
  if (total === 0) return undefined;
  let rest = index % total;
  for (const { nid, weight } of dests) {
    if (rest < weight) return nid;
    rest -= weight;
  }
  return undefined;
}
