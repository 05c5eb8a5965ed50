import type { Interval } from './stats/bootstrap.js';
import type { Difference } from './stats/paired.js';
import type { Figure } from './study.js';

/** `12.3`, without a minus before a zero. */
export function formatNumber({ digits }: Figure, value: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

/** `12.3 [11.9, 12.8]`; `-` if the figure is not there. */
export function formatInterval(figure: Figure, interval: Interval | null): string {
  if (interval === null) return '-';
  const { mean, low, high } = interval;
  return `${formatNumber(figure, mean)} [${formatNumber(figure, low)}, ${formatNumber(figure, high)}]`;
}

/** With its unit: `12.3 pp [11.9, 12.8]`. */
export function formatWithUnit(figure: Figure, { mean, low, high }: Interval): string {
  const unit = figure.unit === '' ? '' : ` ${figure.unit}`;
  return `${formatNumber(figure, mean)}${unit} [${formatNumber(figure, low)}, ${formatNumber(figure, high)}]`;
}

/** `1.2 pp [1.0, 1.4] more`, `1.2 pp [1.0, 1.4] less`, or that none was seen and what would have been. */
export function formatDifference(figure: Figure, difference: Difference): string {
  const { n, mean, low, high, seen } = difference;
  if (!seen) return `no difference seen (${formatDetectable(figure, difference)})`;
  if (isTiny(figure, difference)) return `${formatTiny(figure)} ${mean > 0 ? 'more' : 'less'}`;
  return mean > 0
    ? `${formatWithUnit(figure, difference)} more`
    : `${formatWithUnit(figure, { n, mean: -mean, low: -high, high: -low })} less`;
}

/** Whether nothing of a difference is left at the figure's digits. Every pair may well agree on it: runs without chance have no noise. */
export function isTiny(figure: Figure, { low, high }: Interval): boolean {
  return Number(formatNumber(figure, low)) === 0 && Number(formatNumber(figure, high)) === 0;
}

/** `less than 0.001 M/s` */
export function formatTiny({ digits, unit }: Figure): string {
  return `less than ${(10 ** -digits).toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
}

/** How small a difference could have been seen. */
export function formatDetectable(figure: Figure, { detectable, mean }: Difference): string {
  if (detectable === 0 && mean === 0) return 'all runs agree exactly';
  const unit = figure.unit === '' ? '' : ` ${figure.unit}`;
  // A detectable difference must not be rounded down to one that was not.
  const scale = 10 ** figure.digits;
  return `one of ${formatNumber(figure, Math.ceil(detectable * scale) / scale)}${unit} would have been`;
}

/** An effect size for people: beyond a thousand standard deviations it says only that there is no noise. */
export function formatEffect({ dz }: Difference): string {
  if (dz === null) return '-';
  if (Math.abs(dz) >= 1000) return dz > 0 ? '> 1000' : '< -1000';
  return Math.abs(dz) >= 100 ? dz.toFixed(0) : dz.toFixed(1);
}
