import { alignDown } from '@damonlab/base';
import { type CoreFilter, isCoreFilter, type OpsFilter, type SchemeFilter } from './config.js';
import type { RegionWalk } from './region-walk.js';

/** A scheme's filters by layer, and what becomes of whom none of a layer hits. */
export interface FilterLayers {
  readonly core: readonly CoreFilter[];
  readonly ops: readonly OpsFilter[];
  readonly coreDefaultReject: boolean;
  readonly opsDefaultReject: boolean;
}

/**
 * Whom no filter hits is let in, unless the last filter of the layer lets in what it hits. Core filters leave the decision to those of
 * the ops layer when there are any.
 *
 * @kernel mm/damon/core.c damos_set_filters_default_reject (7.3)
 */
export function layersOf(filters: readonly SchemeFilter[]): FilterLayers {
  const core = filters.filter(isCoreFilter);
  const ops = filters.filter((filter): filter is OpsFilter => !isCoreFilter(filter));
  return {
    core,
    ops,
    coreDefaultReject: ops.length === 0 && core.at(-1)?.allow === true,
    opsDefaultReject: ops.at(-1)?.allow === true,
  };
}

export type CoreVerdict = 'reject' | 'accept' | 'allow';

/**
 * What the core filters say of the region at hand, which they may cut at the ends of an address range. `allow`: a filter let it in, so that
 * those of the ops layer are not asked.
 *
 * @kernel mm/damon/core.c damos_core_filter_out (7.3); damos_filter_out (6.12)
 */
export function coreVerdict(layers: FilterLayers, targetIndex: number, walk: RegionWalk, minRegionSz: number): CoreVerdict {
  const { core } = layers;
  for (let f = 0; f < core.length; f++) {
    const filter = core[f];
    const isOfType = filter.type === 'target' ? targetIndex === filter.targetIndex : liesIn(filter, walk, minRegionSz);
    if (isOfType === filter.matching) return filter.allow ? 'allow' : 'reject';
  }
  return layers.coreDefaultReject ? 'reject' : 'accept';
}

/** Whether the region at hand lies in the filter's range; one across an end of it is cut there. */
function liesIn(filter: { readonly start: number; readonly end: number }, walk: RegionWalk, minRegionSz: number): boolean {
  const start = alignDown(filter.start, minRegionSz);
  const end = alignDown(filter.end, minRegionSz);
  if (walk.end <= start || walk.start >= end) return false;
  if (walk.start < start) {
    walk.split(start - walk.start);
    return false;
  }
  if (walk.end > end) walk.split(end - walk.start);
  return true;
}

/**
 * Whether the ops layer keeps a folio out; `isOfType` says whether the folio is what a filter's type and argument mean. Address spaces
 * call this for each folio of a region.
 *
 * @kernel mm/damon/paddr.c damos_pa_filter_out, mm/damon/vaddr.c damos_va_filter_out (7.3)
 */
export function opsFilterOut(layers: FilterLayers, verdict: CoreVerdict, isOfType: (filter: OpsFilter) => boolean): boolean {
  if (verdict === 'allow') return false;
  for (const filter of layers.ops) if (isOfType(filter) === filter.matching) return !filter.allow;
  return layers.opsDefaultReject;
}
