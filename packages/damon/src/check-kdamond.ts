import { UserError } from '@damonlab/base';
import type { KernelProfile } from './profile.js';

/** @kernel mm/damon/core.c damon_commit_ctx (7.3): -EINVAL */
export function checkMinRegionSz(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes > 0 && 2 ** Math.round(Math.log2(bytes)) === bytes) return;
  throw new UserError('bad minimum region size', {
    where: 'min_region_sz',
    expected: 'a power of two',
    actual: String(bytes),
    errno: 'EINVAL',
  });
}

/** A kernel without a pause never pauses. */
export function checkPause(pause: boolean, profile: KernelProfile): void {
  if (!pause || profile.pause) return;
  throw new UserError('pausing a context is not in this kernel', {
    where: 'pause',
    expected: 'kernel 7.3',
    actual: `kernel ${profile.kernel}`,
  });
}

export function checkTargetCount(given: number, targets: number): void {
  if (given <= targets) return;
  throw new UserError('regions for more targets than there are', {
    where: 'targets',
    expected: `at most ${targets}`,
    actual: String(given),
  });
}
