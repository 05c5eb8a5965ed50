import { UserError } from '@damonlab/base';
import type { Run, Snapshot } from '@damonlab/record';
import { HEAT_LEVELS, heatDigits, heatLevel } from './colors.js';
import { formatAddr, formatBytes, formatCsv, formatNs, formatTable } from './format.js';
import type { ReportOptions, TextStyle } from './report.js';
import { hzPerSample, maxNrAccesses, snapshotsOf, targetOf } from './snapshots.js';

export interface AccessRegion {
  readonly start: number;
  readonly end: number;
  readonly nr_accesses: number;
  /** Of the largest possible nr_accesses; null if the intervals are unknown, as for the next two. */
  readonly access_percent: number | null;
  readonly access_hz: number | null;
  readonly age_us: number | null;
  /** In aggregation intervals. */
  readonly age: number;
  /** access_percent × 100 + age_us × 100 as damo weighs by default; negative if the region was not accessed. */
  readonly temperature: number | null;
}

/** One snapshot, region by region. */
export interface AccessReport {
  readonly name: string;
  readonly target_id: number;
  /** From 0. */
  readonly snapshot: number;
  readonly nr_snapshots: number;
  readonly start_ns: number;
  readonly end_ns: number;
  readonly sample_us: number;
  readonly aggr_us: number;
  readonly total_bytes: number;
  readonly regions: readonly AccessRegion[];
}

/** UserError: no snapshots, no such target, no such snapshot. */
export function access(run: Run, options: ReportOptions = {}): AccessReport {
  const target = targetOf(run, options.target);
  const snapshots = snapshotsOf(run, target);
  const wanted = options.snapshot ?? -1;
  const index = wanted < 0 ? snapshots.length + wanted : wanted;
  const snapshot = snapshots[index];
  if (snapshot === undefined) {
    throw new UserError('no such snapshot', {
      where: run.path,
      expected: `-${snapshots.length} to ${snapshots.length - 1}`,
      actual: String(wanted),
    });
  }
  const regions = Array.from(snapshot.start, (_, i) => regionOf(snapshot, i));
  return {
    name: run.name,
    target_id: target,
    snapshot: index,
    nr_snapshots: snapshots.length,
    start_ns: snapshot.startNs,
    end_ns: snapshot.endNs,
    sample_us: snapshot.sampleUs,
    aggr_us: snapshot.aggrUs,
    total_bytes: regions.reduce((bytes, region) => bytes + region.end - region.start, 0),
    regions,
  };
}

function regionOf(snapshot: Snapshot, i: number): AccessRegion {
  const region = { start: snapshot.start[i], end: snapshot.end[i], nr_accesses: snapshot.nrAccesses[i], age: snapshot.age[i] };
  if (snapshot.aggrUs === 0) return { ...region, access_percent: null, access_hz: null, age_us: null, temperature: null };
  const access_percent = (100 * region.nr_accesses) / maxNrAccesses(snapshot);
  const age_us = region.age * snapshot.aggrUs;
  const warmth = access_percent * 100 + age_us * 100;
  const temperature = region.nr_accesses === 0 ? -warmth : warmth;
  return { ...region, access_percent, access_hz: region.nr_accesses * hzPerSample(snapshot), age_us, temperature };
}

const BOX_COLUMNS = 20;

export function accessText(report: AccessReport, style: TextStyle): string {
  const { target_id, snapshot, nr_snapshots, start_ns, end_ns, sample_us, aggr_us, regions } = report;
  const window = `[${formatNs(start_ns)}, ${formatNs(end_ns)}) (${formatNs(end_ns - start_ns)})`;
  const rows = regions.map((region, i) => [
    String(i),
    `${formatAddr(region.start)}-${formatAddr(region.end)}`,
    formatBytes(region.end - region.start),
    String(region.nr_accesses),
    region.access_percent === null ? '-' : `${Math.round(region.access_percent)} %`,
    region.age_us === null ? `${region.age}` : formatNs(region.age_us * 1000),
  ]);
  const [header, ...lines] = formatTable([['#', 'address', 'size', 'nr_accesses', 'access', 'age'], ...rows]).split('\n');
  const largest = Math.max(1, ...regions.map((region) => region.end - region.start));
  const most = Math.max(0, ...regions.map((region) => region.nr_accesses));
  const columns = Math.max(...lines.map((line) => line.length), header.length);
  const room = Math.min(BOX_COLUMNS, style.width - columns - 4);
  const boxes = regions.map((region, i) =>
    room < 1 ? lines[i] : `${lines[i].padEnd(columns)}  |${box(region, { largest, most }, room, style.color)}|`,
  );
  return [
    `# target ${target_id}, snapshot ${snapshot} of ${nr_snapshots}, ${window}`,
    aggr_us === 0 ? '# intervals: unknown' : `# intervals: sample ${formatNs(sample_us * 1000)}, aggr ${formatNs(aggr_us * 1000)}`,
    `# temperature: ${temperatureLine(regions, style)}`,
    header,
    ...boxes,
    `# total size: ${formatBytes(report.total_bytes)}, accessed: ${formatBytes(accessedBytes(regions))}`,
    '',
  ].join('\n');
}

/** A box as long as the logarithm of the region's size, filled with its access level. */
function box({ start, end, nr_accesses }: AccessRegion, of: { largest: number; most: number }, room: number, color: boolean): string {
  const length = Math.max(1, Math.round((room * Math.log2(1 + end - start)) / Math.log2(1 + of.largest)));
  return heatDigits(new Int8Array(length).fill(heatLevel(nr_accesses, of.most)), color);
}

/** The regions side by side, each as wide as its share of all bytes, from coldest (0) to hottest (9); gaps are left out. */
function temperatureLine(regions: readonly AccessRegion[], { width, color }: TextStyle): string {
  const legend = ` (0 coldest, ${HEAT_LEVELS - 1} hottest)`;
  const columns = Math.max(10, width - '# temperature: '.length - legend.length);
  const total = regions.reduce((bytes, region) => bytes + region.end - region.start, 0);
  const warmth = regions.map((region) => region.temperature ?? region.nr_accesses);
  const coldest = Math.min(...warmth);
  const span = Math.max(...warmth) - coldest;
  const levels = new Int8Array(total === 0 ? 0 : columns);
  let passed = 0;
  regions.forEach((region, i) => {
    const from = Math.floor((passed / total) * columns);
    passed += region.end - region.start;
    const to = Math.ceil((passed / total) * columns);
    const level = heatLevel(warmth[i] - coldest, span);
    // A region thinner than a column must not hide a hotter neighbour in it.
    for (let col = from; col < to; col++) levels[col] = Math.max(levels[col], level);
  });
  return `${heatDigits(levels, color)}${legend}`;
}

function accessedBytes(regions: readonly AccessRegion[]): number {
  return regions.reduce((bytes, region) => bytes + (region.nr_accesses > 0 ? region.end - region.start : 0), 0);
}

export function accessCsv({ regions }: AccessReport): string {
  return formatCsv(
    ['start', 'end', 'nr_accesses', 'access_percent', 'access_hz', 'age', 'age_us', 'temperature'],
    regions.map((r) => [r.start, r.end, r.nr_accesses, r.access_percent, r.access_hz, r.age, r.age_us, r.temperature]),
  );
}
