import { formatBytes } from '../format.js';
import { escapeXml, short } from '../xml.js';
import type { SchemeReport, SchemesReport } from './schemes.js';

const WIDTH = 760;
const LEFT = 104;
const RIGHT = 20;
const TOP = 40;
const PANEL = 120;
const GAP = 56;
const NS_PER_SEC = 1e9;
const BLUE = '#0072b2';
const ORANGE = '#d55e00';

type Points = readonly (readonly [ns: number, bytes: number])[];

/** A panel for each scheme: its effective size over time as a line of steps, what was tried at each look as dots, both on a log scale. */
export function schemesSvg({ name, schemes }: SchemesReport): string {
  const height = TOP + schemes.length * (PANEL + GAP) + 16;
  const endNs = Math.max(
    1,
    ...schemes.flatMap(({ effective_bytes, tried_bytes }) => [...effective_bytes, ...tried_bytes].map(([ns]) => ns)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"` +
      ' font-family="sans-serif" font-size="12">',
    `<title>${escapeXml(name)}: what schemes tried</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="24" y="24" font-size="16" fill="#222222">${escapeXml(name)}: effective size of quotas (line), bytes tried in a look (dots)</text>`,
    ...schemes.flatMap((scheme, i) => panel(scheme, TOP + i * (PANEL + GAP) + 24, endNs)),
    '</svg>\n',
  ].join('\n');
}

function panel({ kdamond, scheme, action, effective_bytes, tried_bytes }: SchemeReport, top: number, endNs: number): string[] {
  const most = Math.max(2, ...[...effective_bytes, ...tried_bytes].map(([, bytes]) => bytes));
  const x = (ns: number) => short(LEFT + (ns / endNs) * (WIDTH - LEFT - RIGHT));
  const y = (bytes: number) => short(top + PANEL * (1 - Math.log2(Math.max(1, bytes)) / Math.log2(most)));
  const ticks = [1, Math.sqrt(most), most];
  return [
    `<text x="${LEFT}" y="${top - 6}" fill="#222222">kdamond ${kdamond} scheme ${scheme}: ${escapeXml(action)}</text>`,
    ...ticks.flatMap((bytes) => [
      `<line x1="${LEFT}" y1="${y(bytes)}" x2="${WIDTH - RIGHT}" y2="${y(bytes)}" stroke="#dddddd"/>`,
      `<text x="${LEFT - 8}" y="${Number(y(bytes)) + 4}" text-anchor="end" fill="#666666">${formatBytes(Math.round(bytes))}</text>`,
    ]),
    `<text x="${WIDTH - RIGHT}" y="${top + PANEL + 16}" text-anchor="end" fill="#666666">${short(endNs / NS_PER_SEC)} s</text>`,
    ...steps(effective_bytes, endNs, x, y),
    ...tried_bytes.map(([ns, bytes]) => `<circle cx="${x(ns)}" cy="${y(bytes)}" r="3" fill="${ORANGE}"/>`),
  ];
}

/** A size holds until the next one. */
function steps(sizes: Points, endNs: number, x: (ns: number) => string, y: (bytes: number) => string): string[] {
  if (sizes.length === 0) return [];
  const corners = sizes.flatMap(([ns, bytes], i) => [`${x(ns)},${y(bytes)}`, `${x(sizes[i + 1]?.[0] ?? endNs)},${y(bytes)}`]);
  return [`<polyline points="${corners.join(' ')}" fill="none" stroke="${BLUE}" stroke-width="2"/>`];
}
