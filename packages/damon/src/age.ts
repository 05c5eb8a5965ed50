import type { KernelProfile } from './profile.js';
import type { RegionList } from './region-list.js';

/**
 * At the end of a window: region `i` is one window older if its count stayed within `threshold` of the last one, else its age
 * starts anew. 7.3 also starts anew when accesses began or ceased, whatever the threshold.
 *
 * @kernel mm/damon/core.c damon_merge_regions_of (7.3, 6.12)
 */
export function updateAge(regions: RegionList, i: number, threshold: number, profile: KernelProfile): void {
  const now = regions.nrAccesses[i];
  const last = regions.lastNrAccesses[i];
  const changed = Math.abs(now - last) > threshold || (profile.ageZeroReset && (now === 0) !== (last === 0));
  regions.age[i] = changed ? 0 : regions.age[i] + 1;
}
