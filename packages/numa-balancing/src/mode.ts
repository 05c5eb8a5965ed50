import { UserError } from '@damonlab/base';

/** Bits of kernel.numa_balancing. @kernel include/linux/sched/sysctl.h NUMA_BALANCING_* */
export const NumaMode = {
  disabled: 0,
  /** Pages and threads go to each other. */
  normal: 1,
  /** Hot pages of slow-tier nodes are promoted. */
  memoryTiering: 2,
} as const;

const MODE_MAX = 4;

/**
 * Refuse what the sysctl refuses. It takes 0 to 4: 3 is both bits, and 4 turns the machinery on with neither.
 *
 * @kernel kernel/sched/core.c sysctl_numa_balancing (7.3, 6.12)
 * @throws UserError
 */
export function checkMode(mode: number): void {
  if (Number.isInteger(mode) && mode >= 0 && mode <= MODE_MAX) return;
  throw new UserError('bad NUMA balancing mode', {
    where: 'kernel.numa_balancing',
    expected: `0 (off), 1 (normal), 2 (memory tiering), 3 (both) or ${MODE_MAX} (on, neither)`,
    actual: String(mode),
  });
}
