import type { DamonContext } from './context.js';

/**
 * What the kdamond needs of a context's schemes. DAMOS itself lives above this package.
 * @kernel include/linux/damon.h struct damon_ctx schemes
 */
export interface KdamondSchemes {
  /**
   * µs until all watermarks are looked at again; 0: some scheme is active, or there is none, so monitoring goes on.
   * @kernel mm/damon/core.c kdamond_wait_activation
   */
  waitUs(): number;
  /** Once per sample: apply the schemes that are due. @kernel mm/damon/core.c kdamond_apply_schemes */
  apply(ctx: DamonContext): void;
  /** The context got attributes, perhaps the same: every schedule restarts from now. @kernel mm/damon/core.c damon_set_attrs */
  resetSchedules(ctx: DamonContext): void;
  /** The watermarks made the kdamond wait: nobody may wait for schemes meanwhile. @kernel mm/damon/core.c damos_walk_cancel */
  cancelWalk(): void;
  /** The kdamond has ended. */
  end(): void;
}
