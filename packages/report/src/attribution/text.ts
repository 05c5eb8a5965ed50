import { formatBytes, formatCount, formatCsv, formatTable } from '../format.js';
import type { AttributionRegion, AttributionReport } from './attribution.js';
import type { Shares } from './counts.js';
import { keyName } from './keys.js';
import type { PhysicalRegion } from './physical.js';

/** A real program has a hundred mappings: with more regions than this, those with less than this share of all are left out. */
const MANY_REGIONS = 12;
const SMALL_SHARE = 0.01;

export function attributionText(report: AttributionReport): string {
  const { total, by, regions_of, outside_reports: outside, mean_abs_error: error } = report;
  const regions = report.regions.filter((region) => report.regions.length <= MANY_REGIONS || !small(region, total));
  const [reports, credited, windows] = [report.reports, report.credited, report.n_windows].map(formatCount);
  const whose = regions_of === 'workload' ? 'the workload' : 'the last snapshot';
  const lines = [
    `# target ${report.target_id}: ${reports} reports (${credited} raised nr_accesses) in ${windows} windows`,
    `# shares by ${by} in reports (estimated) and in accesses (true), in each region of ${whose}`,
    report.physical_regions === undefined
      ? '# reports of a DAMON region that overlaps several of them are shared out by bytes of overlap'
      : '# reports name the region of the workload that they were about',
    formatTable([
      ['# region', 'size', by, 'reports', 'estimated %', 'true %', 'error'],
      ...regions.flatMap((region) => regionRows(report, region.name, formatBytes(region.end - region.start), region)),
      ...regionRows(report, 'total', '', total),
    ]),
  ];
  const left = report.regions.length - regions.length;
  if (left > 0) lines.push(`# ${left} regions with less than 1 % of reports and of accesses are left out: --format json and csv have them`);
  if (report.physical_regions !== undefined) lines.push(...physicalTable(report, report.physical_regions));
  if (outside > 0) lines.push(`# ${formatCount(outside)} more reports were outside of these regions`);
  if (error !== null) {
    const weighted = percent(report.weighted_abs_error);
    lines.push(`# mean absolute error: ${percent(error)} percentage points, ${weighted} with regions weighted by their accesses`);
  }
  return `${lines.join('\n')}\n`;
}

function small({ reports, accesses }: AttributionRegion, total: AttributionReport['total']): boolean {
  return reports < SMALL_SHARE * total.reports && accesses < SMALL_SHARE * total.accesses;
}

/** Physical memory: what DAMON itself knows, region by region. */
function physicalTable(report: AttributionReport, regions: readonly PhysicalRegion[]): string[] {
  return [
    '# the same in each physical region of the last snapshot; true: by the regions of the workload that its reports were about',
    formatTable([
      ['# start', 'size', report.by, 'reports', 'estimated %', 'true %', 'error'],
      ...regions.flatMap((region) => regionRows(report, `0x${region.start.toString(16)}`, formatBytes(region.end - region.start), region)),
    ]),
  ];
}

/** The region's name stands in the first row only. */
function regionRows({ by }: AttributionReport, name: string, size: string, { shares }: Pick<Shares, 'shares'>): string[][] {
  return shares.map((share, i) => [
    ...(i === 0 ? [name, size] : ['', '']),
    keyName(by, share.key),
    share.reports.toFixed(Number.isInteger(share.reports) ? 0 : 1),
    percent(share.estimated),
    percent(share.true),
    percent(share.abs_error),
  ]);
}

function percent(share: number | null): string {
  return share === null ? '-' : (100 * share).toFixed(2);
}

/** One row per region and key; those of the total have the region `total` and no addresses, physical regions the name `physical`. */
export function attributionCsv({ by, regions, physical_regions: physical = [], total }: AttributionReport): string {
  const header = ['region', 'start', 'end', by, 'reports', 'estimated', 'accesses', 'true', 'abs_error'];
  const all = [
    ...regions,
    ...physical.map((region) => ({ name: 'physical', ...region })),
    { name: 'total', start: null, end: null, shares: total.shares },
  ];
  return formatCsv(
    header,
    all.flatMap(({ name, start, end, shares }) =>
      shares.map((s) => [name, start, end, s.key, s.reports, s.estimated, s.accesses, s.true, s.abs_error]),
    ),
  );
}
