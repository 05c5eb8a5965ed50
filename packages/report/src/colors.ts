/** Ten steps of the 256-colour palette from cold to hot: background, and a foreground that can be read on it. */
const TERMINAL: readonly (readonly [background: number, foreground: number])[] = [
  [233, 240],
  [17, 246],
  [54, 250],
  [90, 253],
  [126, 255],
  [161, 255],
  [196, 232],
  [208, 232],
  [220, 232],
  [230, 232],
];

export const HEAT_LEVELS = TERMINAL.length;
const RESET = '\u001b[0m';

/** `levels` as digits, coloured if wanted; -1 is a blank: nothing is known there. */
export function heatDigits(levels: ArrayLike<number>, color: boolean): string {
  let text = '';
  let current = -1;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i];
    if (color && level !== current) text += level < 0 ? RESET : startColor(level);
    text += level < 0 ? ' ' : String(level);
    current = level;
  }
  return color && current >= 0 ? text + RESET : text;
}

function startColor(level: number): string {
  const [background, foreground] = TERMINAL[level];
  return `\u001b[48;5;${background}m\u001b[38;5;${foreground}m`;
}

/** 0 to 9 for a heat between 0 and `max`; -1 for NaN. */
export function heatLevel(heat: number, max: number): number {
  if (Number.isNaN(heat)) return -1;
  return max === 0 ? 0 : Math.min(HEAT_LEVELS - 1, Math.floor((heat / max) * HEAT_LEVELS));
}

/** Dark violet over red to light yellow, evenly spaced. */
const RAMP: readonly (readonly [number, number, number])[] = [
  [10, 7, 35],
  [58, 12, 102],
  [114, 26, 110],
  [170, 44, 94],
  [219, 80, 59],
  [246, 134, 20],
  [250, 196, 52],
  [252, 250, 170],
];

/** `#rrggbb` for a share of the maximum, 0 to 1. */
export function rampColor(share: number): string {
  const at = Math.min(Math.max(share, 0), 1) * (RAMP.length - 1);
  const below = Math.min(Math.floor(at), RAMP.length - 2);
  const channel = (i: number) => Math.round(RAMP[below][i] + (RAMP[below + 1][i] - RAMP[below][i]) * (at - below));
  return `#${[0, 1, 2].map((i) => channel(i).toString(16).padStart(2, '0')).join('')}`;
}
