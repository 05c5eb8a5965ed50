import { PAGE_BYTES } from '@damonlab/base';
import { formatBytes, formatCount, formatCsv, formatTable } from '../format.js';
import { CONVERGENCE, type PlacementPoint, type PlacementReport, regionNames } from './placement.js';

/** NUMA balancing's counters that fit beside the rest. */
const COUNTS = ['pte_updates', 'hint_faults', 'hint_local', 'migrated'] as const;
/** Rows of the table over time that fit a screen. */
const MOST_ROWS = 20;

export function placementText(report: PlacementReport): string {
  const { nodes, regions } = report;
  const nids = Array.from({ length: nodes }, (_, nid) => nid);
  const names = regionNames(regions);
  const lines = [
    formatTable([
      ['# region', 'size', 'home', ...nids.map((nid) => `node ${nid} first`), ...nids.map((nid) => `node ${nid} last`)],
      ...regions.map(({ start, end, home, first, last }, i) => [
        names[i],
        formatBytes(end - start),
        home === null ? '-' : `node ${home}`,
        ...[...first, ...last].map((pages) => formatBytes(pages * PAGE_BYTES)),
      ]),
    ]),
    '',
    formatTable(overTime(report)),
    ...convLines(report),
    ...scanLines(report),
    ...moveLines(report),
  ];
  return `${lines.join('\n')}\n`;
}

/** Bytes by node and tier, those of them that were touched, and what NUMA balancing did, where there is any. */
function overTime({ nodes, tiers, rows }: PlacementReport): string[][] {
  const nids = Array.from({ length: nodes }, (_, nid) => nid);
  const several = new Set(tiers).size > 1;
  const name = (nid: number) => (several ? `node ${nid} (tier ${tiers?.[nid]})` : `node ${nid}`);
  const counts = COUNTS.filter((key) => rows.some((point) => point[key] !== null));
  const hasTouched = rows.some(({ touched }) => touched !== null);
  return [
    ['# time s', 'local', ...nids.map(name), ...(hasTouched ? nids.map((nid) => `touched on ${nid}`) : []), ...counts],
    ...thin(rows).map((point) => [
      point.t.toFixed(2),
      share(point.local),
      ...[...point.bytes, ...(point.touched ?? [])].map(formatBytes),
      ...counts.map((key) => count(point[key])),
    ]),
  ];
}

/** The first, the last, and evenly spaced ones between. */
function thin(rows: readonly PlacementPoint[]): PlacementPoint[] {
  if (rows.length <= MOST_ROWS) return [...rows];
  return Array.from({ length: MOST_ROWS }, (_, i) => rows[Math.round((i * (rows.length - 1)) / (MOST_ROWS - 1))]);
}

function convLines({ conv }: PlacementReport): string[] {
  if (conv['0.1'] === null) return [];
  const times = CONVERGENCE.map((level) => `${Number(level) * 100} % ${conv[level] === null ? 'never' : `${conv[level]?.toFixed(2)} s`}`);
  return ['', `# of the pages that were away from home: ${times.join(', ')}`];
}

function moveLines({ moves }: PlacementReport): string[] {
  if (moves.length === 0) return [];
  const rows = moves.map(({ from, to, pages, back, delay }) => {
    return [`node ${from} to ${to}`, formatCount(pages), count(back), delay === null ? '-' : `${delay.toFixed(3)} s`];
  });
  return ['', formatTable([['# moved', 'pages', 'back within 1 s', 'used there for'], ...rows])];
}

function scanLines({ scan_work }: PlacementReport): string[] {
  const threads = Object.entries(scan_work);
  if (threads.length === 0) return [];
  const passes = threads.map(([tid, work]) => {
    const last = work[work.length - 1];
    return [`thread ${tid}`, formatCount(work.length), String(last[1]), `${last[2]} ms`, last[3] < 0 ? 'none' : `node ${last[3]}`];
  });
  return ['', formatTable([['# scans by', 'passes', 'numa_scan_seq', 'scan period', 'preferred'], ...passes])];
}

function share(value: number | null): string {
  return value === null ? '-' : `${(100 * value).toFixed(2)} %`;
}

function count(value: number | null): string {
  return value === null ? '-' : formatCount(value);
}

/** One row per window, region and node. */
export function placementCsv({ rows }: PlacementReport): string {
  const header = ['t', 'region', 'nid', 'pages', 'local', 'node1', 'pte_updates', 'hint_faults', 'hint_local', 'migrated'];
  return formatCsv(
    header,
    rows.flatMap(({ t, pages, local, node1, pte_updates, hint_faults, hint_local, migrated }) =>
      Object.entries(pages).flatMap(([region, byNode]) =>
        byNode.map((onNode, nid) => [t, region, nid, onNode, local, node1, pte_updates, hint_faults, hint_local, migrated]),
      ),
    ),
  );
}
