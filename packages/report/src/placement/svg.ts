import { escapeXml } from '../xml.js';
import type { PlacementReport } from './placement.js';

const WIDTH = 760;
const LEFT = 64;
const RIGHT = 20;
const TOP = 64;
const PLOT = 200;
const LANE = 18;
/** Told apart by people who see few colours: blue, orange, green, purple, grey. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#666666'];

/** Share of its pages that each region has at home (on node 1 if it has no home) over time, and below it the scans of each thread. */
export function placementSvg(report: PlacementReport): string {
  const { name, regions, rows, scan_work } = report;
  const threads = Object.entries(scan_work);
  const height = TOP + PLOT + 44 + threads.length * LANE + 16;
  const endS = rows[rows.length - 1].t;
  const x = (t: number) => LEFT + (t / endS) * (WIDTH - LEFT - RIGHT);
  const y = (share: number) => TOP + PLOT * (1 - share);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"` +
      ' font-family="sans-serif" font-size="12">',
    `<title>${escapeXml(name)}: where the pages are</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="24" y="24" font-size="16" fill="#222222">${escapeXml(name)}: share of pages at home</text>`,
    ...axes(endS, x, y),
    ...regions.flatMap((region, i) => regionLine(report, region, i, x, y)),
    ...threads.flatMap(([tid, work], i) => scanLane(tid, work, TOP + PLOT + 44 + i * LANE, x)),
    '</svg>\n',
  ].join('\n');
}

type Scale = (value: number) => number;

function axes(endS: number, x: Scale, y: Scale): string[] {
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100].find((s) => endS / s <= 10) ?? endS / 10;
  const ticks = Array.from({ length: Math.floor(endS / step + 1e-9) + 1 }, (_, i) => i * step);
  return [
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      `<line x1="${LEFT}" y1="${y(share)}" x2="${WIDTH - RIGHT}" y2="${y(share)}" stroke="#dddddd"/>`,
      `<text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end" fill="#666666">${share * 100} %</text>`,
    ]),
    ...ticks.map(
      (t) => `<text x="${x(t).toFixed(1)}" y="${TOP + PLOT + 18}" text-anchor="middle" fill="#666666">${Number(t.toFixed(3))}</text>`,
    ),
    `<text x="${WIDTH - RIGHT}" y="${TOP + PLOT + 34}" text-anchor="end" fill="#666666">virtual time, s</text>`,
  ];
}

function regionLine(report: PlacementReport, region: PlacementReport['regions'][number], i: number, x: Scale, y: Scale): string[] {
  const colour = COLOURS[i % COLOURS.length];
  const nid = region.home ?? Math.min(1, report.nodes - 1);
  const label = Object.keys(report.rows[0].pages)[i];
  const points = report.rows.map(({ t, pages }) => {
    const byNode = pages[label];
    const all = byNode.reduce((sum, count) => sum + count, 0);
    return `${x(t).toFixed(1)},${y(all === 0 ? 0 : byNode[nid] / all).toFixed(1)}`;
  });
  const legendX = LEFT + i * 130;
  return [
    `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<line x1="${legendX}" y1="44" x2="${legendX + 18}" y2="44" stroke="${colour}" stroke-width="2"/>`,
    `<text x="${legendX + 24}" y="48" fill="#444444">${escapeXml(label)} (node ${nid})</text>`,
  ];
}

function scanLane(tid: string, work: PlacementReport['scan_work'][string], top: number, x: Scale): string[] {
  return [
    `<text x="${LEFT - 8}" y="${top + 10}" text-anchor="end" fill="#666666">thread ${escapeXml(tid)}</text>`,
    ...work.map(
      ([t, , period]) =>
        `<rect x="${x(t).toFixed(1)}" y="${top}" width="3" height="12" fill="#444444">` +
        `<title>scan at ${t} s, period ${period} ms</title></rect>`,
    ),
  ];
}
