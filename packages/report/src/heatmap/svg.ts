import { rampColor } from '../colors.js';
import { formatAddr, formatBytes, formatFigure, formatNs } from '../format.js';
import { escapeXml, short } from '../xml.js';
import { type HeatMap, maxHeat } from './grid.js';
import type { HeatmapReport } from './heatmap.js';
import { binaryTicks, decimalTicks } from './ticks.js';

const PLOT = { x: 112, y: 54, width: 720, height: 380 };
const WIDTH = 962;
const MAP_HEIGHT = 500;
const MOST_TICKS = 6;
/** Colours that are told apart: fewer make longer runs of one colour and so smaller files. */
const SHADES = 32;

/** Time to the right, addresses upwards, one picture below the other if there are several ranges. */
export function heatmapSvg(report: HeatmapReport): string {
  const height = MAP_HEIGHT * report.maps.length;
  const maps = report.maps.map((map, i) => `<g transform="translate(0 ${i * MAP_HEIGHT})">\n${mapSvg(report, map)}\n</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    'font-family="sans-serif" font-size="12">',
    `<title>${escapeXml(report.name)}: access frequency</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...maps,
    '</svg>\n',
  ].join('\n');
}

function mapSvg({ name, target, unit }: HeatmapReport, map: HeatMap): string {
  const size = formatBytes(map.addr.end - map.addr.start);
  return [
    `<text x="${PLOT.x}" y="24" font-size="16" fill="#222222">${escapeXml(name)}: access frequency</text>`,
    `<text x="${PLOT.x}" y="42" fill="#666666">target ${target}: ${size} over ${formatNs(map.endNs - map.startNs)}</text>`,
    `<rect x="${PLOT.x}" y="${PLOT.y}" width="${PLOT.width}" height="${PLOT.height}" fill="#dddddd"/>`,
    `<g shape-rendering="crispEdges">\n${patches(map).join('\n')}\n</g>`,
    `<rect x="${PLOT.x}" y="${PLOT.y}" width="${PLOT.width}" height="${PLOT.height}" fill="none" stroke="#888888"/>`,
    ...timeAxis(map),
    ...addressAxis(map),
    ...colorScale(maxHeat(map), unit),
  ].join('\n');
}

/** A rectangle of pixels of one shade: rows (time) [from, to), columns (addresses) [low, high). */
interface Patch {
  readonly from: number;
  readonly to: number;
  readonly low: number;
  high: number;
  readonly shade: number;
}

/** One rectangle per patch of one shade: pixels are merged along time, and such runs over addresses where they are alike. */
function patches(map: HeatMap): string[] {
  const width = PLOT.width / map.rows;
  const height = PLOT.height / map.cols;
  return patchesOf(map).map(({ from, to, low, high, shade }) => {
    const [x, y] = [PLOT.x + from * width, PLOT.y + PLOT.height - high * height].map(short);
    const size = `width="${short((to - from) * width)}" height="${short((high - low) * height)}"`;
    return `<rect x="${x}" y="${y}" ${size} fill="${rampColor(shade / (SHADES - 1))}"/>`;
  });
}

function patchesOf(map: HeatMap): Patch[] {
  const max = maxHeat(map);
  const shadeOf = (row: number, col: number) => {
    const heat = map.heat[row * map.cols + col];
    return Number.isNaN(heat) ? -1 : max === 0 ? 0 : Math.round((heat / max) * (SHADES - 1));
  };
  const all: Patch[] = [];
  let below = new Map<string, Patch>();
  for (let col = 0; col < map.cols; col++) {
    const here = new Map<string, Patch>();
    for (let from = 0, to = 0; from < map.rows; from = to) {
      const shade = shadeOf(from, col);
      for (to = from + 1; to < map.rows && shadeOf(to, col) === shade; to++);
      if (shade < 0) continue;
      const key = `${from} ${to} ${shade}`;
      const patch = below.get(key) ?? { from, to, low: col, high: col, shade };
      if (patch.high++ === patch.low) all.push(patch);
      here.set(key, patch);
    }
    below = here;
  }
  return all;
}

function timeAxis({ startNs, endNs }: HeatMap): string[] {
  const bottom = PLOT.y + PLOT.height;
  const parts = decimalTicks(startNs, endNs, MOST_TICKS).map((ns) => {
    const x = short(PLOT.x + ((ns - startNs) / (endNs - startNs)) * PLOT.width);
    const label = ns === 0 ? '0' : formatNs(ns);
    const text = `<text x="${x}" y="${bottom + 19}" text-anchor="middle" fill="#444444">${label}</text>`;
    return `<path d="M${x} ${bottom}v5" stroke="#888888"/>${text}`;
  });
  parts.push(`<text x="${PLOT.x + PLOT.width / 2}" y="${bottom + 40}" text-anchor="middle" fill="#222222">virtual time</text>`);
  return parts;
}

function addressAxis({ addr }: HeatMap): string[] {
  const size = addr.end - addr.start;
  const parts = binaryTicks(0, size, MOST_TICKS).map((offset) => {
    const y = short(PLOT.y + PLOT.height * (1 - offset / size));
    const label = offset === 0 ? '0' : formatBytes(offset).replace('.000 ', ' ');
    const text = `<text x="${PLOT.x - 9}" y="${y}" dy="4" text-anchor="end" fill="#444444">${label}</text>`;
    return `<path d="M${PLOT.x} ${y}h-5" stroke="#888888"/>${text}`;
  });
  const middle = PLOT.y + PLOT.height / 2;
  const label = `address, from ${formatAddr(addr.start)}`;
  parts.push(`<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle" fill="#222222">${label}</text>`);
  return parts;
}

function colorScale(max: number, unit: string): string[] {
  const x = PLOT.x + PLOT.width + 24;
  const step = PLOT.height / SHADES;
  const boxes = Array.from({ length: SHADES }, (_, i) => {
    const y = short(PLOT.y + PLOT.height - (i + 1) * step);
    return `<rect x="${x}" y="${y}" width="16" height="${short(step + 0.5)}" fill="${rampColor(i / (SHADES - 1))}"/>`;
  });
  const label = (value: number) => {
    const y = short(PLOT.y + PLOT.height * (1 - (max === 0 ? 0 : value / max)));
    return `<text x="${x + 22}" y="${y}" dy="4" fill="#444444">${formatFigure(value)}</text>`;
  };
  return [...boxes, ...decimalTicks(0, max, MOST_TICKS).map(label), `<text x="${x}" y="${PLOT.y - 10}" fill="#222222">${unit}</text>`];
}
