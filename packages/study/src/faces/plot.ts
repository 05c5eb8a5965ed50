import { decimalTicks, escapeXml, short } from '@damonlab/report';
import { matches } from '../points.js';
import { figureOf, type StudyResult } from '../results.js';
import type { Interval } from '../stats/bootstrap.js';
import type { Axis, Figure, Plot } from '../study.js';
import { heading, wrap } from './text.js';

const PANEL = { width: 230, height: 170, gapX: 18, gapY: 26 };
/** Few panels are wider, so that a picture is no narrower than this. */
const LEAST_WIDTH = 690;
const LEFT = 96;
const LEGEND_TOP = 46;
const BOTTOM = 72;
const LEGEND_LINE = 18;
const MOST_TICKS = 5;
/** As many letters of a label as a row is high. */
const LABEL_LETTERS = 26;
/** Where the last line of a label is. */
const LABEL_RIGHT = 56;

/** Series lie so far beside each other at a level, px; further where there is only one, and closer where levels are. */
const BESIDE = 8;

/** Okabe and Ito (2008), grey for their yellow: told apart by all kinds of colour vision. Each has a shape of its own as well. */
const SERIES = [
  { color: '#0072b2', shape: 'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z' },
  { color: '#d55e00', shape: 'M-3.6 -3.6h7.2v7.2h-7.2z' },
  { color: '#009e73', shape: 'M0 -4.6L4.4 3.4h-8.8z' },
  { color: '#cc79a7', shape: 'M0 -5L5 0L0 5L-5 0z' },
  { color: '#e69f00', shape: 'M0 4.6L4.4 -3.4h-8.8z' },
  { color: '#56b4e9', shape: 'M-4 -1.5h2.5v-2.5h3v2.5h2.5v3h-2.5v2.5h-3v-2.5h-2.5z' },
  { color: '#222222', shape: 'M-4 -2.6L-2.6 -4L0 -1.4L2.6 -4L4 -2.6L1.4 0L4 2.6L2.6 4L0 1.4L-2.6 4L-4 2.6L-1.4 0z' },
  { color: '#999999', shape: 'M-5 -1.6h10v3.2h-10z' },
  { color: '#7b4fa6', shape: 'M-2.3 -4h4.6l2.3 4l-2.3 4h-4.6l-2.3 -4z' },
] as const;

/** Where the panels are. */
interface Layout {
  readonly panelWidth: number;
  readonly top: number;
}

/** Small multiples with means and their intervals: rows share an axis of values, all panels one of levels. */
export function plotSvg(result: StudyResult, plot: Plot): string {
  const x = axisOf(result, plot.x);
  const color = shown(axisOf(result, plot.color), plot);
  const panels = worthPanels(result, plot);
  const panelWidth = Math.max(PANEL.width, (LEAST_WIDTH - LEFT) / panels.levels.length - PANEL.gapX);
  const width = LEFT + panels.levels.length * (panelWidth + PANEL.gapX);
  const keys = legend(color, width);
  const layout = { panelWidth, top: keys.bottom + 36 };
  const height = layout.top + plot.figures.length * (PANEL.height + PANEL.gapY) + BOTTOM;
  const rows = plot.figures.map((name, row) => rowSvg(result, plot, { x, panels, color }, figureOf(result, name), row, layout));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"` +
      ' font-family="sans-serif" font-size="12">',
    `<title>${escapeXml(plot.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="26" font-size="16" fill="#222222">${escapeXml(plot.title)}</text>`,
    ...keys.svg,
    ...panels.levels.map(({ name }, i) =>
      text(panelX(layout, i) + panelWidth / 2, layout.top - 10, name, 'middle', '#222222', ' font-weight="bold"'),
    ),
    ...rows.flat(),
    text(LEFT + (width - LEFT - PANEL.gapX) / 2, height - BOTTOM + 20, x.title, 'middle', '#222222'),
    text(LEFT, height - 14, caption(result), 'start', '#666666'),
    '</svg>\n',
  ].join('\n');
}

function shown(axis: Axis, { levels }: Plot): Axis {
  return levels === undefined ? axis : { ...axis, levels: axis.levels.filter(({ name }) => levels.includes(name)) };
}

function caption(result: StudyResult): string {
  const [, runs] = heading(result).split('\n');
  return `${runs.slice(2)}; damonlab study ${result.study.name}${result.quick ? ' --quick' : ''}`;
}

/** Levels with less than two points along x have nothing to show. */
function worthPanels({ axes, values }: StudyResult, { panels, x, figures, at }: Plot): Axis {
  const shown = values.filter(({ value, figure, point }) => value !== null && figures.includes(figure) && matches(point, at));
  const along = axes.find(({ name }) => name === x)?.levels.length ?? 0;
  const { levels, ...axis } = axisOf({ axes }, panels);
  const points = (panel: string) => new Set(shown.filter(({ point }) => point[panels] === panel).map(({ point }) => point[x])).size;
  return { ...axis, levels: levels.filter(({ name }) => points(name) >= Math.min(2, along)) };
}

interface PlotAxes {
  readonly x: Axis;
  readonly panels: Axis;
  readonly color: Axis;
}

function rowSvg(result: StudyResult, plot: Plot, axes: PlotAxes, figure: Figure, row: number, layout: Layout): string[] {
  const series = axes.color.levels.map(({ name }) => name);
  const values = result.values.filter(
    ({ point, figure: name }) => name === figure.name && matches(point, plot.at) && series.includes(point[plot.color]),
  );
  const intervals = values.flatMap(({ value }) => value ?? []);
  const scale = scaleOf(intervals);
  const top = layout.top + row * (PANEL.height + PANEL.gapY);
  const y = (value: number) => top + PANEL.height * (1 - (value - scale.low) / (scale.high - scale.low));
  const middle = top + PANEL.height / 2;
  return [
    ...label(figure, middle),
    ...axes.panels.levels.flatMap((panel, i) => [
      ...frame(panelX(layout, i), top, layout.panelWidth, axes.x, scale.ticks, y, {
        values: i === 0,
        levels: row === plot.figures.length - 1,
      }),
      ...series.flatMap((name, s) => {
        const at = (level: string) => ({ [plot.panels]: panel.name, [plot.color]: name, [plot.x]: level });
        const found = axes.x.levels.map((level) => values.find(({ point }) => matches(point, at(level.name)))?.value ?? null);
        return seriesSvg(found, panelX(layout, i), layout.panelWidth, y, s, axes);
      }),
    ]),
  ];
}

/** From 0, or from below it where values are. */
function scaleOf(intervals: readonly Interval[]): { readonly low: number; readonly high: number; readonly ticks: readonly number[] } {
  const low = Math.min(0, ...intervals.map((interval) => interval.low));
  const high = Math.max(0, ...intervals.map((interval) => interval.high));
  const room = (high - low || 1) * 0.06;
  const ends = { low: low < 0 ? low - room : 0, high: high + room };
  return { ...ends, ticks: decimalTicks(ends.low, ends.high, MOST_TICKS) };
}

function frame(
  left: number,
  top: number,
  width: number,
  x: Axis,
  ticks: readonly number[],
  y: (value: number) => number,
  show: { values: boolean; levels: boolean },
): string[] {
  const bottom = top + PANEL.height;
  return [
    ...ticks.map((tick) => `<path d="M${left} ${short(y(tick))}h${width}" stroke="${tick === 0 ? '#888888' : '#e6e6e6'}"/>`),
    ...(show.values ? ticks.map((tick) => text(left - 7, y(tick) + 4, String(tick), 'end', '#444444')) : []),
    `<rect x="${left}" y="${top}" width="${width}" height="${PANEL.height}" fill="none" stroke="#bbbbbb"/>`,
    ...(show.levels ? x.levels.map(({ name }, i) => levelLabel(left + levelX(x, i, width), bottom, name)) : []),
  ];
}

/** A long name goes over two lines: `8 on 4 CPUs`. */
function levelLabel(x: number, bottom: number, name: string): string {
  const cut = name.length > 5 ? name.indexOf(' ') : -1;
  if (cut < 0) return text(x, bottom + 17, name, 'middle', '#444444');
  return text(x, bottom + 17, name.slice(0, cut), 'middle', '#444444') + text(x, bottom + 30, name.slice(cut + 1), 'middle', '#444444');
}

/** A line through the means, a bar for each interval; series lie a little beside each other. */
function seriesSvg(
  values: readonly (Interval | null)[],
  left: number,
  width: number,
  y: (value: number) => number,
  s: number,
  { x, color }: PlotAxes,
): string[] {
  const { color: stroke, shape } = SERIES[s % SERIES.length];
  const room = width / x.levels.length / (color.levels.length + 1);
  const beside = (s - (color.levels.length - 1) / 2) * (x.levels.length === 1 ? room : Math.min(BESIDE, room));
  const points = values.flatMap((value, i) => (value === null ? [] : [{ ...value, at: left + levelX(x, i, width) + beside }]));
  if (points.length === 0) return [];
  const line = points.map(({ at, mean }) => `${short(at)} ${short(y(mean))}`).join('L');
  const bars = points.map(
    ({ at, low, high }) =>
      `M${short(at)} ${short(y(low))}V${short(y(high))}M${short(at - 4)} ${short(y(low))}h8M${short(at - 4)} ${short(y(high))}h8`,
  );
  return [
    `<path d="M${line}" fill="none" stroke="${stroke}" stroke-opacity="0.5"/>`,
    `<path d="${bars.join('')}" fill="none" stroke="${stroke}" stroke-width="1.5"/>`,
    ...points.map(({ at, mean }) => `<path d="${shape}" transform="translate(${short(at)} ${short(y(mean))})" fill="${stroke}"/>`),
  ];
}

/** Over as many lines as it takes; `bottom`: of the last of them. */
function legend({ title, levels }: Axis, width: number): { readonly svg: readonly string[]; readonly bottom: number } {
  let x = LEFT;
  let y = LEGEND_TOP;
  const svg = levels.map(({ name }, s) => {
    const { color, shape } = SERIES[s % SERIES.length];
    const words = `${title} ${name}`;
    const space = 34 + 7 * words.length;
    if (x + space > width && x > LEFT) [x, y] = [LEFT, y + LEGEND_LINE];
    const mark = `<path d="${shape}" transform="translate(${x + 5} ${y})" fill="${color}"/>`;
    const entry = mark + text(x + 16, y + 4, words, 'start', '#444444');
    x += space;
    return entry;
  });
  return { svg, bottom: y };
}

/** A figure's title and unit beside its row, over as many lines as it takes. */
function label({ title, unit }: Figure, middle: number): string[] {
  const lines = [...wrap(title, LABEL_LETTERS).split('\n'), ...(unit === '' ? [] : [unit === 'pp' ? 'percentage points' : unit])];
  return lines.map((line, i) => {
    const x = LABEL_RIGHT - 14 * (lines.length - 1 - i);
    const place = `transform="translate(${x} ${middle}) rotate(-90)" text-anchor="middle"`;
    return `<text ${place} fill="#222222" font-size="11">${escapeXml(line)}</text>`;
  });
}

function axisOf({ axes }: Pick<StudyResult, 'axes'>, name: string): Axis {
  const axis = axes.find((one) => one.name === name);
  if (axis === undefined) throw new Error(`no axis ${name}`);
  return axis;
}

function panelX({ panelWidth }: Layout, i: number): number {
  return LEFT + i * (panelWidth + PANEL.gapX);
}

function levelX({ levels }: Axis, i: number, width: number): number {
  return ((i + 0.5) * width) / levels.length;
}

function text(x: number, y: number, words: string, anchor: string, fill: string, more = ''): string {
  return `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" fill="${fill}"${more}>${escapeXml(words)}</text>`;
}
