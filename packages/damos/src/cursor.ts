import { alignDown } from '@damonlab/base';
import type { Quota } from './quota.js';
import type { RegionWalk } from './region-walk.js';

/**
 * Whether the region at hand lies before the place where the last full window ended. A region across it is cut there. Past the place, or
 * at the end of its target, the cursor is cleared: so windows go round all memory.
 *
 * @kernel mm/damon/core.c damos_skip_charged_region (7.3, 6.12)
 */
export function skipCharged(quota: Quota, targetIndex: number, walk: RegionWalk, minRegionSz: number): boolean {
  if (quota.chargeTargetFrom === -1) return false;
  if (targetIndex !== quota.chargeTargetFrom) return true;
  const skip = liesBefore(quota.chargeAddrFrom, walk, minRegionSz);
  if (!skip || walk.isLast) quota.clearCursor();
  return skip;
}

function liesBefore(addr: number, walk: RegionWalk, minRegionSz: number): boolean {
  if (walk.end <= addr) return true;
  if (walk.start >= addr) return false;
  const charged = alignDown(addr - walk.start, minRegionSz);
  if (charged > 0) walk.split(charged);
  else if (walk.bytes > minRegionSz) walk.split(minRegionSz);
  return true;
}
