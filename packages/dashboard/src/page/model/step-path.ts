import { partitionPoint, type Series } from '@damonlab/report';
import { type Interval, shareOf } from './viewport.js';

/** A box in pixels that a line is drawn into; `max` is the value at its top, 0 lies at the bottom. */
export interface PlotBox {
  readonly width: number;
  readonly height: number;
  readonly max: number;
}

/**
 * A series as the `d` of an SVG path: a step for each window, a gap where there is none. Of all windows that fall into one column of
 * pixels, the lowest and the highest are drawn, so a long run costs no more than a short one and no peak is lost.
 */
export function stepPath({ startNs, endNs, values }: Series, time: Interval, { width, height, max }: PlotBox): string {
  const x = (ns: number) => round(Math.min(Math.max(shareOf(time, ns), 0), 1) * width);
  const y = (value: number) => round(height - (max === 0 ? 0 : value / max) * height);
  const parts: string[] = [];
  let lastX = Number.NaN;
  for (let i = partitionPoint(endNs.length, (at) => endNs[at] > time.start); i < values.length && startNs[i] < time.end; ) {
    const from = x(startNs[i]);
    let [low, high, to] = [values[i], values[i], x(endNs[i])];
    let next = i + 1;
    for (; next < values.length && startNs[next] < time.end && x(endNs[next]) - from < 1; next++) {
      low = Math.min(low, values[next]);
      high = Math.max(high, values[next]);
      to = x(endNs[next]);
    }
    parts.push(`${from === lastX ? 'L' : 'M'}${from} ${y(low)}`);
    if (high !== low) parts.push(`V${y(high)}`);
    parts.push(`H${to}`);
    lastX = to;
    i = next;
  }
  return parts.join('');
}

/** The greatest value of any series inside `time`. */
export function maxIn(series: readonly Series[], time: Interval): number {
  let max = 0;
  for (const { startNs, endNs, values } of series) {
    for (let i = partitionPoint(endNs.length, (at) => endNs[at] > time.start); i < values.length && startNs[i] < time.end; i++)
      max = Math.max(max, values[i]);
  }
  return max;
}

/** The value that holds at `ns`; null if none does. */
export function valueDuring({ startNs, endNs, values }: Series, ns: number): number | null {
  const i = partitionPoint(endNs.length, (at) => endNs[at] > ns);
  return i < values.length && startNs[i] <= ns ? values[i] : null;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
