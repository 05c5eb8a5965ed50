import type { PointOutcome } from '@damonlab/store';
import { nrGroups, nrSeeds, pointsOfGroup, type SweepPlan } from './plan.js';
import { knownWell } from './stop-rule.js';

/** Points of one combination that are wanted or under way. */
interface OpenGroup {
  /** How many seeds are wanted, and how many of them were handed out. */
  wanted: number;
  next: number;
  /** The stop rule's figure of each seed that has ended. */
  readonly ended: Map<number, number | null>;
}

/**
 * Which points are next. Without a stop rule all of them, in order. With one, each combination gets `min` seeds; when all of them
 * have ended it gets as many again, until its figure is known well enough. It is asked only when a whole lot has ended, so the points
 * that a sweep makes do not depend on the order in which they end.
 */
export class Scheduler {
  readonly #plan: SweepPlan;
  readonly #lot: number;
  readonly #seeds: number;
  readonly #groups: number;
  readonly #open = new Map<number, OpenGroup>();
  #nextGroup = 0;
  /** Points of combinations that are through. */
  #closedPoints = 0;

  constructor(plan: SweepPlan) {
    this.#plan = plan;
    this.#seeds = nrSeeds(plan);
    this.#groups = nrGroups(plan);
    this.#lot = plan.stop === null ? this.#seeds : Math.min(plan.stop.min, this.#seeds);
  }

  get finished(): boolean {
    return this.#nextGroup === this.#groups && this.#open.size === 0;
  }

  /** How many points there will be, as far as is known. */
  get total(): number {
    let open = 0;
    for (const { wanted } of this.#open.values()) open += wanted;
    return this.#closedPoints + open + (this.#groups - this.#nextGroup) * this.#lot;
  }

  /** Up to `most` points that were not handed out yet. */
  next(most: number): number[] {
    const points: number[] = [];
    const take = (group: number, open: OpenGroup) => {
      const { from } = pointsOfGroup(this.#plan, group);
      while (points.length < most && open.next < open.wanted) points.push(from + open.next++);
    };
    for (const [group, open] of this.#open) take(group, open);
    while (points.length < most && this.#nextGroup < this.#groups) {
      const open: OpenGroup = { wanted: this.#lot, next: 0, ended: new Map() };
      this.#open.set(this.#nextGroup, open);
      take(this.#nextGroup++, open);
    }
    return points;
  }

  /** A point that was handed out has ended. */
  ended(index: number, outcome: PointOutcome): void {
    const group = Math.floor(index / this.#seeds);
    const open = this.#open.get(group);
    if (open === undefined) return;
    const figure = this.#plan.stop?.figure;
    open.ended.set(index % this.#seeds, figure === undefined || outcome.state === 'failed' ? null : (outcome.figures[figure] ?? null));
    if (open.ended.size < open.wanted) return;
    if (open.wanted < this.#seeds && !this.#isKnown(open)) {
      open.wanted = Math.min(this.#seeds, open.wanted + this.#lot);
      return;
    }
    this.#open.delete(group);
    this.#closedPoints += open.wanted;
  }

  #isKnown({ ended }: OpenGroup): boolean {
    const { stop } = this.#plan;
    // In the order of their seeds: sums of floating-point numbers depend on it.
    const values = [...ended].sort(([a], [b]) => a - b).map(([, value]) => value);
    return stop === null || knownWell(stop, values);
  }
}
