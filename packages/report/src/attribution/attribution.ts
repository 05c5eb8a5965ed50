import { UserError } from '@damonlab/base';
import type { AttributionRow, AttributionWindow, Run } from '@damonlab/record';
import type { ReportOptions } from '../report.js';
import { snapshotsOf, targetOf } from '../snapshots.js';
import { mean, ratio } from '../stats.js';
import { add, type Counts, type Shares, sharesOf } from './counts.js';
import { type AttributionBy, at, keyOf } from './keys.js';
import { type PhysicalRegion, physicalRegions } from './physical.js';
import { type Overlap, type Place, Places } from './places.js';

export interface AttributionRegion extends Shares {
  /** Name of the workload's region; of one of DAMON's, its addresses. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface AttributionReport {
  readonly name: string;
  readonly target_id: number;
  readonly by: AttributionBy;
  /** Regions of the workload, of which the truth is known, or those of DAMON's last snapshot. */
  readonly regions_of: 'workload' | 'damon';
  readonly n_windows: number;
  /** All reports that DAMON delivered to the target's regions. */
  readonly reports: number;
  /** Of these, the ones that raised nr_accesses. */
  readonly credited: number;
  /** Of the reports, those of DAMON regions that overlap none of `regions`: they are in no share. */
  readonly outside_reports: number;
  /** Over all keys of all regions whose error is known, each counting the same; null: there is none. */
  readonly mean_abs_error: number | null;
  /** The same where each region counts as much as it has accesses: small regions with few reports do not rule it. */
  readonly weighted_abs_error: number | null;
  /** Those with reports or accesses, by address. */
  readonly regions: readonly AttributionRegion[];
  /** Only for physical memory whose truth is known: the same by the regions of DAMON's last snapshot, those with reports. */
  readonly physical_regions?: readonly PhysicalRegion[];
  readonly total: Shares;
}

/**
 * Who made the accesses, as DAMON saw it and as it was: for each region the share of each key in the reports, beside its share in the
 * true accesses of the same time. All windows are added up. A report says which DAMON region it fell into: where that overlaps
 * several regions, it is shared out by bytes of overlap. Reports of physical memory name the workload's region themselves.
 *
 * UserError: no snapshots, no such target, a monitor that cannot tell who accessed, `by: 'node'` without a topology.
 */
export function attribution(run: Run, options: ReportOptions = {}): AttributionReport {
  const windows = windowsOf(run, options.target);
  const { targetId } = windows[0];
  const { by = 'thread' } = options;
  const keyOfRow = keyOf(run, by);
  const tally = tallyOf(run, windows, keyOfRow);
  const regions = tally.places.all.flatMap((place, i) => {
    const counts = tally.regions[i];
    return counts.size === 0 ? [] : [{ name: place.name, start: place.start, end: place.end, ...sharesOf(counts, tally.hasTruth) }];
  });
  return {
    name: run.name,
    target_id: targetId,
    by,
    regions_of: tally.hasTruth ? 'workload' : 'damon',
    n_windows: windows.length,
    reports: tally.reports,
    credited: tally.credited,
    outside_reports: tally.outside,
    mean_abs_error: mean(regions.flatMap(errorsOf)),
    weighted_abs_error: weightedError(regions),
    regions,
    ...physicalPart(run, windows, keyOfRow, tally),
    total: sharesOf(tally.total, tally.hasTruth),
  };
}

/** The attribution of the target that is asked for. UserError if there is none. */
function windowsOf(run: Run, wanted: number | undefined): AttributionWindow[] {
  const target = targetOf(run, wanted);
  const windows = run.attribution.filter(({ targetId }) => targetId === target);
  if (windows.length > 0) return windows;
  const primitive = at(run.manifest?.scenario, ['machine', 'monitor', 'sample', 'primitive']);
  throw new UserError('the run does not know who made the accesses', {
    where: run.path,
    expected: 'reports of hinting faults or sampled accesses in at least one aggregation window',
    actual: typeof primitive === 'string' ? `a run with primitive ${primitive}` : 'no reports: Accessed bits (page_table) do not tell who',
    hint: 'record a run with --sample_primitives page_fault or sampled_accesses',
  });
}

interface Tally {
  readonly places: Places;
  readonly hasTruth: boolean;
  /** By place. */
  readonly regions: readonly Counts[];
  readonly total: Counts;
  reports: number;
  credited: number;
  outside: number;
}

type KeyOf = ReturnType<typeof keyOf>;

function tallyOf(run: Run, windows: readonly AttributionWindow[], keyOfRow: KeyOf): Tally {
  const truth = truthDuring(run, windows);
  const places = new Places(truth.length > 0 ? truth.map(placeOf) : damonRegions(run, windows[0].targetId));
  const hasTruth = truth.length > 0;
  const tally: Tally = {
    places,
    hasTruth,
    regions: places.all.map(() => new Map()),
    total: new Map(),
    reports: 0,
    credited: 0,
    outside: 0,
  };
  for (const { rows } of windows) {
    for (const row of rows) {
      tally.reports += row.reports;
      tally.credited += row.credited;
      const overlaps = placesOf(places, row, hasTruth);
      const key = keyOfRow(row);
      if (overlaps.length === 0) tally.outside += row.reports;
      else add(tally.total, key, row.reports, 0);
      for (const { index, share } of overlaps) add(tally.regions[index], key, row.reports * share, 0);
    }
  }
  for (const row of truth) {
    for (const counts of [tally.regions[places.indexOf(placeOf(row))], tally.total]) add(counts, keyOfRow(row), 0, row.accesses);
  }
  return tally;
}

/** The true accesses of a target in the time of its windows: a last, unfinished window has a truth but no reports. */
function truthDuring(run: Run, windows: readonly AttributionWindow[]) {
  const [{ targetId, startNs }] = windows;
  const { endNs } = windows[windows.length - 1];
  return run.accessTruth
    .filter((window) => window.targetId === targetId && window.startNs >= startNs && window.endNs <= endNs)
    .flatMap(({ rows }) => rows);
}

/** A region of the workload that is named is the place; else those that the DAMON region overlaps. */
function placesOf(places: Places, { workloadRegion, regionStart, regionEnd }: AttributionRow, ofWorkload: boolean): Overlap[] {
  if (!ofWorkload || workloadRegion === '') return places.overlapping(regionStart, regionEnd);
  const index = places.named(workloadRegion);
  return index < 0 ? [] : [{ index, share: 1 }];
}

/** For runs whose reports name the workload's regions, since DAMON's own are physical. */
function physicalPart(run: Run, windows: readonly AttributionWindow[], keyOfRow: KeyOf, { hasTruth, places, regions }: Tally) {
  if (!hasTruth || !windows.some(({ rows }) => rows.some((row) => row.workloadRegion !== ''))) return {};
  const truthOf = (name: string) => regions[places.named(name)];
  return { physical_regions: physicalRegions(windows, new Places(damonRegions(run, windows[0].targetId)), keyOfRow, truthOf) };
}

function placeOf({ region, start, end }: { readonly region: string; readonly start: number; readonly end: number }): Place {
  return { name: region, start, end };
}

function damonRegions(run: Run, target: number): Place[] {
  const { start, end } = snapshotsOf(run, target).at(-1) ?? { start: new Float64Array(0), end: new Float64Array(0) };
  return Array.from(start, (from, i) => ({ name: `0x${from.toString(16)}-0x${end[i].toString(16)}`, start: from, end: end[i] }));
}

function errorsOf({ shares }: AttributionRegion): number[] {
  return shares.flatMap(({ abs_error }) => abs_error ?? []);
}

function weightedError(regions: readonly AttributionRegion[]): number | null {
  let sum = 0;
  let accesses = 0;
  for (const region of regions) {
    const error = mean(errorsOf(region));
    if (error === null) continue;
    sum += error * region.accesses;
    accesses += region.accesses;
  }
  return ratio(sum, accesses);
}
