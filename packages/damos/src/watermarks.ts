import type { WatermarksConfig } from './config.js';
import type { PageCount } from './ports.js';

const PERMIL = 1_000;

/**
 * Whether free memory makes a scheme active: never above `high` or below `low`; between them an active scheme stays active, an inactive
 * one wakes up below `mid`.
 *
 * @kernel mm/damon/core.c damos_wmark_wait_us (7.3, 6.12)
 */
export function activatedBy(marks: WatermarksConfig, activated: boolean, memory: PageCount): boolean {
  const free = Math.floor((memory.freePages * PERMIL) / memory.totalPages);
  if (free > marks.high || free < marks.low) return false;
  return activated || free < marks.mid;
}
