import { formatCount } from '../format.js';
import { escapeXml, short } from '../xml.js';
import type { AttributionReport } from './attribution.js';
import type { AttributionShare } from './counts.js';
import { keyName } from './keys.js';

const WIDTH = 760;
const LEFT = 120;
const PLOT_WIDTH = 560;
const TOP = 84;
const BAR = 11;
/** Height of one key: two bars and the room below. */
const KEY = 2 * BAR + 8;
/** Height of a region's name. */
const TITLE = 26;
const FOOT = 36;
const ESTIMATED = '#2f6fb5';
const TRUE = '#b4b4b4';

interface Group {
  readonly name: string;
  readonly shares: readonly AttributionShare[];
}

/** For each region, a bar of the estimated share over one of the true share for each key. */
export function attributionSvg(report: AttributionReport): string {
  const groups: Group[] = [...report.regions, { name: 'total', shares: report.total.shares }];
  const height = TOP + FOOT + groups.reduce((sum, group) => sum + heightOf(group), 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"` +
      ' font-family="sans-serif" font-size="12">',
    `<title>${escapeXml(report.name)}: who made the accesses, by ${report.by}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...heading(report),
    ...axis(height),
    ...groupsSvg(report, groups),
    '</svg>\n',
  ].join('\n');
}

function heightOf({ shares }: Group): number {
  return TITLE + KEY * shares.length;
}

function heading(report: AttributionReport): string[] {
  const { name, by, target_id, reports, regions_of } = report;
  const legend = [
    `<rect x="24" y="56" width="12" height="12" fill="${ESTIMATED}"/><text x="42" y="66" fill="#444444">estimated (reports)</text>`,
  ];
  if (regions_of === 'workload') {
    legend.push(`<rect x="184" y="56" width="12" height="12" fill="${TRUE}"/><text x="202" y="66" fill="#444444">true (accesses)</text>`);
  }
  return [
    `<text x="24" y="24" font-size="16" fill="#222222">${escapeXml(name)}: who made the accesses, by ${by}</text>`,
    `<text x="24" y="42" fill="#666666">target ${target_id}: ${formatCount(reports)} reports</text>`,
    ...legend,
  ];
}

function axis(height: number): string[] {
  const bottom = height - FOOT + 6;
  return [0, 25, 50, 75, 100].map((percent) => {
    const x = LEFT + (percent / 100) * PLOT_WIDTH;
    const label = `<text x="${x}" y="${bottom + 16}" text-anchor="middle" fill="#666666">${percent} %</text>`;
    return `<path d="M${x} ${TOP - 4}V${bottom}" stroke="${percent === 0 ? '#888888' : '#e6e6e6'}"/>${label}`;
  });
}

function groupsSvg(report: AttributionReport, groups: readonly Group[]): string[] {
  let y = TOP;
  return groups.map((group) => {
    const top = y + TITLE;
    y += heightOf(group);
    const title = `<text x="24" y="${top - 8}" font-weight="bold" fill="#222222">${escapeXml(group.name)}</text>`;
    const bars = group.shares.flatMap((share, i) => keySvg(keyName(report.by, share.key), share, top + KEY * i));
    return [title, ...bars].join('\n');
  });
}

function keySvg(name: string, share: AttributionShare, y: number): string[] {
  return [
    `<text x="${LEFT - 8}" y="${y + BAR}" dy="4" text-anchor="end" fill="#444444">${name}</text>`,
    ...bar(share.estimated, y, ESTIMATED),
    ...bar(share.true, y + BAR + 1, TRUE),
  ];
}

/** Nothing where the share is not known. */
function bar(share: number | null, y: number, color: string): string[] {
  if (share === null) return [];
  const width = share * PLOT_WIDTH;
  const at = `x="${short(LEFT + width + 5)}" y="${y + BAR - 2}"`;
  const label = `<text ${at} font-size="10" fill="#444444">${(100 * share).toFixed(1)} %</text>`;
  return [`<rect x="${LEFT}" y="${y}" width="${short(width)}" height="${BAR}" fill="${color}"/>${label}`];
}
