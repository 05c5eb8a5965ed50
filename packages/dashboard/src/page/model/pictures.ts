import type { HeatMap, HeatView, WhoMap } from '@damonlab/report';
import { interpolateBuPu, interpolateMagma } from 'd3-scale-chromatic';

export type Theme = 'light' | 'dark';

/** A colour for each cell of a view, row (time) after row, as canvases keep them: bytes red, green, blue, alpha. 0 is transparent. */
export type Picture = (view: HeatView) => Uint32Array;

/** Told apart by people who see colours otherwise, too (after Okabe and Ito), and from the ground of the theme; style.css has them too. */
const CATEGORIES = {
  light: ['#0072b2', '#d55e00', '#00805d', '#b0508a', '#3d8fc4', '#a86f00', '#7d5aa6', '#6b6b6b'],
  dark: ['#56b4e9', '#f08a3c', '#2bc48a', '#e29bc4', '#9fc5e8', '#f2c14e', '#b79be0', '#a5a5a5'],
} as const;

/** For elements of the page: follows the theme by itself. */
export function categoryColor(index: number): string {
  return `var(--category-${index % CATEGORIES.light.length})`;
}

const STEPS = 256;

/** From what is cold, near the background of the page, to what is hot, far from it. */
export function heatColor(share: number, theme: Theme): string {
  return theme === 'dark' ? interpolateMagma(0.06 + 0.92 * share) : interpolateBuPu(0.04 + 0.96 * share);
}

const DIFFERENCE = {
  light: { negative: [84, 39, 136], none: [247, 247, 247], positive: [179, 88, 6] },
  dark: { negative: [178, 150, 240], none: [16, 20, 26], positive: [255, 160, 60] },
} as const;

/** -1 is violet, 1 orange, and 0 near the ground of the page. */
export function differenceColor(share: number, theme: Theme): string {
  const { negative, none, positive } = DIFFERENCE[theme];
  const end = share < 0 ? negative : positive;
  return `rgb(${none.map((channel, i) => Math.round(channel + (end[i] - channel) * Math.abs(share))).join(', ')})`;
}

/** Cells by their share of `max`. */
export function heatPixels({ heat }: HeatMap, max: number, theme: Theme): Uint32Array {
  return pixelsOf(
    heat,
    { low: 0, high: max || 1 },
    rampOf((share) => heatColor(share, theme)),
  );
}

/** Cells from -`max` to `max`. */
export function differencePixels(heat: Float64Array, max: number, theme: Theme): Uint32Array {
  return pixelsOf(
    heat,
    { low: -(max || 1), high: max || 1 },
    rampOf((share) => differenceColor(2 * share - 1, theme)),
  );
}

/** A loop, and no `Uint32Array.from`: a picture has a million cells. */
function pixelsOf(heat: Float64Array, { low, high }: { readonly low: number; readonly high: number }, ramp: Uint32Array): Uint32Array {
  const pixels = new Uint32Array(heat.length);
  const scale = (STEPS - 1) / (high - low);
  for (let i = 0; i < heat.length; i++) {
    // Unknown stays transparent.
    if (!Number.isNaN(heat[i])) pixels[i] = ramp[Math.min(STEPS - 1, Math.max(0, Math.round((heat[i] - low) * scale)))];
  }
  return pixels;
}

/** Who made most of a cell's accesses; the paler, the smaller its share. */
export function whoPixels({ keys, winner, share }: WhoMap, theme: Theme): Uint32Array {
  const palette = CATEGORIES[theme];
  const colors = keys.map((_, index) => pixelOf(palette[index % palette.length]));
  const pixels = new Uint32Array(winner.length);
  for (let i = 0; i < winner.length; i++) {
    if (winner[i] < 0) continue;
    const alpha = Math.round(255 * (0.25 + 0.75 * share[i]));
    pixels[i] = ((colors[winner[i]] & 0xffffff) | (alpha << 24)) >>> 0;
  }
  return pixels;
}

function rampOf(color: (share: number) => string): Uint32Array {
  return Uint32Array.from({ length: STEPS }, (_, i) => pixelOf(color(i / (STEPS - 1))));
}

/** `#rrggbb` or `rgb(r, g, b)` as an opaque pixel. */
function pixelOf(color: string): number {
  const parts = color.startsWith('#')
    ? [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
    : (color.match(/\d+/g) ?? []).map(Number);
  return ((255 << 24) | (parts[2] << 16) | (parts[1] << 8) | parts[0]) >>> 0;
}
