import type { DamonContext } from './context.js';

export type KdamondRequest = (ctx: DamonContext) => void;

/**
 * Requests to a kdamond in order of arrival, until it comes to the place where it serves them.
 * @kernel mm/damon/core.c damon_call, kdamond_call (7.3)
 */
export class RequestQueue {
  #waiting: { readonly request: KdamondRequest; readonly isCommit: boolean }[] = [];

  add(request: KdamondRequest, isCommit: boolean): void {
    this.#waiting.push({ request, isCommit });
  }

  /** Run what waits now, without commits if `which` says so. What a request adds runs at the next place. */
  run(ctx: DamonContext, which: 'all' | 'no-commits'): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = which === 'all' ? [] : waiting.filter(({ isCommit }) => isCommit);
    for (const { request, isCommit } of waiting) if (which === 'all' || !isCommit) request(ctx);
  }
}
