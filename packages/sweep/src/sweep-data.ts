import { type Interval, intervalOf } from '@damonlab/report';
import type { Backend, PointOutcome, SweepRecord } from '@damonlab/store';
import { type Label, nrPoints, nrSeeds, pointOf, type SweepPlan } from './plan.js';
import { planOf, sweepId } from './sweep-record.js';

/** One combination of values, over its seeds. */
export interface GroupRow {
  readonly labels: readonly Label[];
  /** Points that are done. */
  readonly n: number;
  readonly failed: number;
  /** Each figure over the seeds that have it, in the order of the plan's figures. */
  readonly figures: readonly Interval[];
}

export interface PointRow {
  readonly index: number;
  readonly labels: readonly Label[];
  readonly seed: number;
  readonly outcome: PointOutcome;
}

const DEFAULT_CONFIDENCE = 0.95;

/** 0 to 1: that of the stop rule, or 95 %. */
export function confidenceOf({ stop }: SweepPlan): number {
  return stop?.confidence ?? DEFAULT_CONFIDENCE;
}

/** The points of a sweep that have ended, in order. What they hold depends on neither store nor workers. */
export async function* pointRows({ store }: Backend, record: SweepRecord): AsyncIterable<PointRow> {
  const plan = planOf(record);
  for await (const [index, outcome] of store.outcomes(sweepId(record), 0, nrPoints(plan))) {
    const { labels, seed } = pointOf(plan, index);
    yield { index, labels, seed, outcome };
  }
}

/** The combinations of a sweep of which a point has ended, in order. */
export async function groupRows(backend: Backend, record: SweepRecord): Promise<GroupRow[]> {
  const plan = planOf(record);
  const groups: GroupRow[] = [];
  let points: PointRow[] = [];
  const end = () => {
    if (points.length > 0) groups.push(groupOf(plan, points));
    points = [];
  };
  const groupOfIndex = (index: number) => Math.floor(index / nrSeeds(plan));
  for await (const point of pointRows(backend, record)) {
    if (points.length > 0 && groupOfIndex(points[0].index) !== groupOfIndex(point.index)) end();
    points.push(point);
  }
  end();
  return groups;
}

function groupOf(plan: SweepPlan, points: readonly PointRow[]): GroupRow {
  const done = points.flatMap(({ outcome }) => (outcome.state === 'done' ? [outcome] : []));
  const figures = plan.figures.map(({ name }) => {
    const values = done.flatMap((outcome) => outcome.figures[name] ?? []);
    return intervalOf(values, confidenceOf(plan));
  });
  return { labels: points[0].labels, n: done.length, failed: points.length - done.length, figures };
}
