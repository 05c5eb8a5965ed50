import { decimalTicks, escapeXml, formatFigure, short } from '@damonlab/report';
import type { Chart, ChartPoint, Panel } from './chart.js';

const PANEL = { width: 300, height: 220, left: 62, top: 40, right: 14, bottom: 42 };
const COLUMNS = 3;
const HEADER = 54;
const MOST_TICKS = 5;
/** Told apart by people who see colours otherwise, too (Okabe and Ito). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000'];
/** Distance of what stands side by side at one x, so that intervals do not hide each other. */
const DODGE = 5;

/** Where values are in a panel. */
interface Scale {
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
  readonly yTicks: readonly number[];
}

/** Small multiples: one panel beside the other, with the same y axis for the same figure; bars are confidence intervals. */
export function chartSvg(chart: Chart): string {
  const columns = Math.max(1, Math.min(COLUMNS, chart.panels.length));
  const width = columns * PANEL.width;
  const height = HEADER + Math.ceil(chart.panels.length / columns) * PANEL.height;
  const panels = chart.panels.map((panel, i) => {
    const [x, y] = [(i % columns) * PANEL.width, HEADER + Math.floor(i / columns) * PANEL.height];
    return `<g transform="translate(${x} ${y})">\n${panelSvg(chart, panel)}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    'font-family="sans-serif" font-size="11">',
    `<title>${escapeXml(chart.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${PANEL.left}" y="22" font-size="15" fill="#222222">${escapeXml(chart.title)}</text>`,
    legend(chart),
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function legend({ group, lines }: Chart): string {
  if (group === null) return '';
  const wide = (text: string) => 6.5 * text.length;
  const title = `<text x="${PANEL.left}" y="42" fill="#444444">${escapeXml(group)}</text>`;
  let x = PANEL.left + wide(group) + 14;
  const entries = lines.map((line, i) => {
    const at = x;
    x += 34 + wide(line);
    const text = `<text x="${short(at + 16)}" y="42" fill="#444444">${escapeXml(line)}</text>`;
    return `<rect x="${short(at)}" y="33" width="11" height="11" fill="${colorOf(i)}"/>${text}`;
  });
  return [title, ...entries].join('');
}

function panelSvg(chart: Chart, panel: Panel): string {
  const scale = scaleOf(chart, panel.figure);
  const title = panel.title === '' ? panel.figure : `${panel.figure}: ${panel.title}`;
  return [
    `<text x="${PANEL.left}" y="26" fill="#222222">${escapeXml(title)}</text>`,
    ...yAxis(scale),
    ...xAxis(chart, scale),
    ...chart.lines.map((_, line) =>
      lineSvg(
        panel.points.filter((point) => point.line === line),
        chart.lines.length,
        scale,
      ),
    ),
  ].join('\n');
}

function scaleOf({ panels, xLabels }: Chart, figure: string): Scale {
  const points = panels.filter((panel) => panel.figure === figure).flatMap((panel) => panel.points);
  const low = Math.min(...points.map(({ value, halfWidth }) => value - halfWidth));
  const high = Math.max(...points.map(({ value, halfWidth }) => value + halfWidth));
  // Without points, or with one value only, any scale will do that has that value in it.
  const room = high > low ? 0.05 * (high - low) : Math.abs(high) * 0.1 || 1;
  const [from, to] = points.length === 0 ? [0, 1] : [low - room, high + room];
  const plotHeight = PANEL.height - PANEL.top - PANEL.bottom;
  const places = placesOf(xLabels);
  return {
    x: (index) => PANEL.left + 18 + places[index] * (PANEL.width - PANEL.left - PANEL.right - 36),
    y: (value) => PANEL.top + plotHeight * (1 - (value - from) / (to - from)),
    yTicks: decimalTicks(from, to, MOST_TICKS),
  };
}

/** 0 to 1 for each value of x: by its size if all are numbers, logarithmic if they span decades; else side by side. */
function placesOf(labels: Chart['xLabels']): number[] {
  const numbers = labels.filter((label) => typeof label === 'number');
  if (numbers.length < labels.length || labels.length < 2) return labels.map((_, i) => (labels.length < 2 ? 0.5 : i / (labels.length - 1)));
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const log = low > 0 && high / low >= 20;
  const at = (value: number) => (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
  return numbers.map(at);
}

function yAxis({ y, yTicks }: Scale): string[] {
  const right = PANEL.width - PANEL.right;
  return yTicks.map((tick) => {
    const at = short(y(tick));
    const text = `<text x="${PANEL.left - 6}" y="${at}" dy="4" text-anchor="end" fill="#444444">${compact(tick)}</text>`;
    return `<path d="M${PANEL.left} ${at}H${right}" stroke="#e4e4e4"/>${text}`;
  });
}

function xAxis({ x: name, xLabels }: Chart, { x }: Scale): string[] {
  const bottom = PANEL.height - PANEL.bottom;
  const every = Math.ceil(xLabels.length / 6);
  const labels = xLabels.map((label, i) => {
    if (i % every !== 0) return '';
    const text = typeof label === 'number' ? compact(label) : escapeXml(String(label).slice(0, 14));
    const at = short(x(i));
    const mark = `<path d="M${at} ${bottom}v4" stroke="#888888"/>`;
    return `${mark}<text x="${at}" y="${bottom + 16}" text-anchor="middle" fill="#444444">${text}</text>`;
  });
  const middle = (PANEL.left + PANEL.width - PANEL.right) / 2;
  return [
    `<path d="M${PANEL.left} ${bottom}H${PANEL.width - PANEL.right}" stroke="#888888"/>`,
    ...labels,
    `<text x="${middle}" y="${bottom + 32}" text-anchor="middle" fill="#222222">${escapeXml(name)}</text>`,
  ];
}

/** The means joined by a line, each with its interval. */
function lineSvg(points: readonly ChartPoint[], lines: number, { x, y }: Scale): string {
  if (points.length === 0) return '';
  const color = colorOf(points[0].line);
  const shift = (points[0].line - (lines - 1) / 2) * DODGE;
  const sorted = [...points].sort((a, b) => x(a.x) - x(b.x)).map((point) => ({ ...point, at: x(point.x) + shift }));
  const path = sorted.map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${short(at)} ${short(y(value))}`).join('');
  const marks = sorted.map(({ at, value, halfWidth, n }) => {
    const bar =
      halfWidth === 0
        ? ''
        : `<path d="M${short(at)} ${short(y(value - halfWidth))}V${short(y(value + halfWidth))}" stroke="${color}" stroke-width="2"/>`;
    const text = halfWidth === 0 ? formatFigure(value) : `${formatFigure(value)} ± ${Number(halfWidth.toPrecision(2))}`;
    return `${bar}<circle cx="${short(at)}" cy="${short(y(value))}" r="3" fill="${color}"><title>${text}, n = ${n}</title></circle>`;
  });
  return `<path d="${path}" fill="none" stroke="${color}" stroke-opacity="0.5"/>${marks.join('')}`;
}

function colorOf(line: number): string {
  return COLORS[line % COLORS.length];
}

const LARGE: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** `12.5M`, `0.98`. */
function compact(value: number): string {
  const [unit, letter] = LARGE.find(([size]) => Math.abs(value) >= size) ?? [1, ''];
  return `${formatFigure(value / unit)}${letter}`;
}
