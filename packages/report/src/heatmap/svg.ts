import { rampColor } from '../colors.js';
import { formatAddr, formatBytes, formatFigure, formatNs } from '../format.js';
import { type HeatMap, type HeatmapReport, maxHeat } from './heatmap.js';

const PLOT = { x: 112, y: 54, width: 720, height: 380 };
const WIDTH = 962;
const MAP_HEIGHT = 500;
const TICKS = 5;
/** Colours that are told apart: fewer make longer runs of one colour and so smaller files. */
const SHADES = 32;

/** Time to the right, addresses upwards, one picture below the other if there are several ranges. */
export function heatmapSvg(report: HeatmapReport): string {
  const height = MAP_HEIGHT * report.maps.length;
  const maps = report.maps.map((map, i) => `<g transform="translate(0 ${i * MAP_HEIGHT})">\n${mapSvg(report, map)}\n</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...maps,
    '</svg>\n',
  ].join('\n');
}

function mapSvg({ name, target, unit }: HeatmapReport, map: HeatMap): string {
  const range = `[${formatAddr(map.addr.start)}, ${formatAddr(map.addr.end)})`;
  const size = formatBytes(map.addr.end - map.addr.start);
  return [
    `<text x="${PLOT.x}" y="24" font-size="16" fill="#222222">${escapeXml(name)}: access frequency</text>`,
    `<text x="${PLOT.x}" y="42" fill="#666666">target ${target}, ${range}, ${size}</text>`,
    `<rect x="${PLOT.x}" y="${PLOT.y}" width="${PLOT.width}" height="${PLOT.height}" fill="#dddddd"/>`,
    `<g shape-rendering="crispEdges">\n${pixelRuns(map).join('\n')}\n</g>`,
    ...timeAxis(map),
    ...addressAxis(map),
    ...colorScale(maxHeat(map), unit),
  ].join('\n');
}

/** One rectangle per run of pixels of one shade along the time axis. */
function pixelRuns(map: HeatMap): string[] {
  const max = maxHeat(map);
  const shade = (row: number, col: number) => {
    const heat = map.heat[row * map.cols + col];
    return Number.isNaN(heat) ? -1 : max === 0 ? 0 : Math.round((heat / max) * (SHADES - 1));
  };
  const width = PLOT.width / map.rows;
  const height = PLOT.height / map.cols;
  const runs: string[] = [];
  for (let col = 0; col < map.cols; col++) {
    const y = PLOT.y + PLOT.height - (col + 1) * height;
    for (let from = 0, to = 0; from < map.rows; from = to) {
      const current = shade(from, col);
      for (to = from + 1; to < map.rows && shade(to, col) === current; to++);
      if (current < 0) continue;
      const box = `x="${short(PLOT.x + from * width)}" y="${short(y)}" width="${short((to - from) * width)}" height="${short(height)}"`;
      runs.push(`<rect ${box} fill="${rampColor(current / (SHADES - 1))}"/>`);
    }
  }
  return runs;
}

function timeAxis({ startNs, endNs }: HeatMap): string[] {
  const bottom = PLOT.y + PLOT.height;
  const parts = ticks().map((share) => {
    const x = short(PLOT.x + share * PLOT.width);
    const label = formatNs(Math.round(startNs + share * (endNs - startNs)));
    return `<path d="M${x} ${bottom}v5" stroke="#666666"/><text x="${x}" y="${bottom + 19}" text-anchor="middle" fill="#444444">${label}</text>`;
  });
  parts.push(`<text x="${PLOT.x + PLOT.width / 2}" y="${bottom + 38}" text-anchor="middle" fill="#222222">time</text>`);
  return parts;
}

function addressAxis({ addr }: HeatMap): string[] {
  const parts = ticks().map((share) => {
    const y = short(PLOT.y + PLOT.height * (1 - share));
    const label = `+${formatBytes(share * (addr.end - addr.start)).replace('.000 ', ' ')}`;
    return `<path d="M${PLOT.x} ${y}h-5" stroke="#666666"/><text x="${PLOT.x - 8}" y="${y}" dy="4" text-anchor="end" fill="#444444">${label}</text>`;
  });
  const middle = PLOT.y + PLOT.height / 2;
  parts.push(`<text transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle" fill="#222222">address</text>`);
  return parts;
}

function colorScale(max: number, unit: string): string[] {
  const x = PLOT.x + PLOT.width + 24;
  const step = PLOT.height / SHADES;
  const boxes = Array.from({ length: SHADES }, (_, i) => {
    const y = short(PLOT.y + PLOT.height - (i + 1) * step);
    return `<rect x="${x}" y="${y}" width="16" height="${short(step + 0.5)}" fill="${rampColor(i / (SHADES - 1))}"/>`;
  });
  const label = (share: number) =>
    `<text x="${x + 22}" y="${short(PLOT.y + PLOT.height * (1 - share))}" dy="4" fill="#444444">${formatFigure(Number((max * share).toPrecision(3)))}</text>`;
  return [...boxes, ...ticks().map(label), `<text x="${x}" y="${PLOT.y - 10}" fill="#222222">${unit}</text>`];
}

function ticks(): number[] {
  return Array.from({ length: TICKS }, (_, i) => i / (TICKS - 1));
}

function short(value: number): string {
  return String(Number(value.toFixed(2)));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
