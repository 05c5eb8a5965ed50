import type { Axis, Level, Point, Study } from './study.js';

/** The axes as this size of the study has them. */
export function axesOf(study: Study, quick: boolean): Axis[] {
  return study.axes.map((axis) => ({ ...axis, levels: axis.levels.filter((level) => !quick || level.quick !== false) }));
}

/** All possible combinations of levels, the last axis fastest. */
export function pointsOf(study: Study, quick: boolean): Point[] {
  const combine = (points: readonly Point[], { name, levels }: Axis): Point[] =>
    points.flatMap((point) => levels.map((level) => ({ ...point, [name]: level.name })));
  return axesOf(study, quick)
    .reduce(combine, [{}])
    .filter((point) => study.possible?.(point) ?? true);
}

export function levelOf(study: Study, axis: string, name: string): Level {
  const level = study.axes.find((one) => one.name === axis)?.levels.find((one) => one.name === name);
  if (level === undefined) throw new Error(`study ${study.name} has no ${axis} ${name}`);
  return level;
}

/** Whether `point` has all levels of `part`. */
export function matches(point: Point, part: Point): boolean {
  return Object.entries(part).every(([axis, level]) => point[axis] === level);
}

/** The levels of `axes` in `point`. */
export function partOf(point: Point, axes: readonly string[]): Point {
  return Object.fromEntries(axes.map((axis) => [axis, point[axis]]));
}

export function samePoint(a: Point, b: Point): boolean {
  return matches(a, b) && matches(b, a);
}

/** For people: `shared, 8 threads`. */
export function pointName(point: Point): string {
  return Object.values(point).join(', ');
}

/** Each different `part` once, in the order of the points. */
export function distinctParts(points: readonly Point[], axes: readonly string[]): Point[] {
  const parts: Point[] = [];
  for (const point of points) {
    const part = partOf(point, axes);
    if (!parts.some((known) => samePoint(known, part))) parts.push(part);
  }
  return parts;
}
