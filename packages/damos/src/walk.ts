import type { TriedRegion } from './ports.js';
import type { Scheme } from './scheme.js';

/** Sees each region that an action was tried on, with the bytes that passed the filters of the ops layer. */
export type WalkVisitor = (schemeIndex: number, region: TriedRegion, filterPassedBytes: number) => void;

/** How a walk ended: every scheme finished one apply round, or the kernel's -ECANCELED. */
export type WalkResult = 'complete' | 'ECANCELED';

/**
 * A look at what the schemes act on, for as long as each needs for one apply round. One at a time.
 * @kernel mm/damon/core.c damos_walk, damos_walk_complete, damos_walk_cancel (7.3)
 */
export class WalkControl {
  #visitor: WalkVisitor | undefined;
  #done: ((result: WalkResult) => void) | undefined;
  #ended = false;

  /** Whether somebody looks at this scheme now. */
  watches(scheme: Scheme): boolean {
    return this.#visitor !== undefined && !scheme.walkCompleted;
  }

  /** Undefined when the walk has been taken on; else the kernel's error: a walk is pending, or the kdamond has ended. */
  request(visitor: WalkVisitor, done: (result: WalkResult) => void): 'EBUSY' | 'ECANCELED' | undefined {
    if (this.#ended) return 'ECANCELED';
    if (this.#visitor !== undefined) return 'EBUSY';
    this.#visitor = visitor;
    this.#done = done;
    return undefined;
  }

  visit(schemeIndex: number, region: TriedRegion, filterPassedBytes: number): void {
    this.#visitor?.(schemeIndex, region, filterPassedBytes);
  }

  /** `scheme` finished an apply round; the walk is over when all of `schemes` did. */
  complete(scheme: Scheme, schemes: readonly Scheme[]): void {
    if (this.#visitor === undefined) return;
    scheme.walkCompleted = true;
    if (!schemes.every(({ walkCompleted }) => walkCompleted)) return;
    this.#finish('complete', schemes);
  }

  cancel(schemes: readonly Scheme[]): void {
    if (this.#visitor !== undefined) this.#finish('ECANCELED', schemes);
  }

  /** The kdamond has ended: nobody can look any more. */
  end(schemes: readonly Scheme[]): void {
    this.#ended = true;
    this.cancel(schemes);
  }

  #finish(result: WalkResult, schemes: readonly Scheme[]): void {
    const done = this.#done;
    this.#visitor = undefined;
    this.#done = undefined;
    for (const scheme of schemes) scheme.walkCompleted = false;
    done?.(result);
  }
}
