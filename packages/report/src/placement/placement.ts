import { NS_PER_SEC, PAGE_BYTES, UserError } from '@damonlab/base';
import { NO_TARGET, type PlacementRow, type Run, type VmstatRow } from '@damonlab/record';
import { isPhysical, nodeOfCpus } from '../attribution/keys.js';
import { movesOf, type PageMoves } from './moves.js';
import { TouchedBytes, tiersOf } from './touched.js';

/** More of a region's accesses must come from a node that is its home: of what two nodes share, one has always a few more. */
const HOME_SHARE = 2 / 3;

/** Shares of the pages to be brought home whose times are reported. */
export const CONVERGENCE = ['0.1', '0.5', '0.9', '0.99'] as const;

/** A region of the workload. */
export interface PlacedRegionReport {
  readonly target_id: number;
  readonly region: string;
  readonly start: number;
  readonly end: number;
  /** Node that makes more than two thirds of its true accesses; null: none does (shared memory), or nobody logged the truth. */
  readonly home: number | null;
  /** Pages by node at the first window, and at the last one. */
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** NUMA balancing's counters as the measured kernels' files name them; null: it does not exist in this machine. */
export interface BalancingCounts {
  readonly pte_updates: number | null;
  readonly huge_updates: number | null;
  readonly hint_faults: number | null;
  readonly hint_local: number | null;
  readonly migrated: number | null;
}

/** One window. */
export interface PlacementPoint extends BalancingCounts {
  /** Its end, s. */
  readonly t: number;
  /** Pages by node of each region, under the region's name (`process/region` where there are several processes). */
  readonly pages: Readonly<Record<string, readonly number[]>>;
  /** Bytes of all regions by node. */
  readonly bytes: readonly number[];
  /** Of these, the ones that were touched in the window; null: nobody logged the truth. */
  readonly touched: readonly number[] | null;
  /** Share of the touched ones on the top tier; null: as above, or nothing was touched. */
  readonly touched_top: number | null;
  /** Share of all pages that lie on node 1. */
  readonly node1: number;
  /** Share of the pages with a home that lie there; null: none has one. */
  readonly local: number | null;
}

export interface PlacementReport {
  readonly name: string;
  readonly nodes: number;
  /** Of each node, 0 (top): it has CPUs; 1: it has none. Null: the run does not say. */
  readonly tiers: readonly (0 | 1)[] | null;
  readonly regions: readonly PlacedRegionReport[];
  /** Seconds until more than this share of the pages that were not at home in the first window had come home; null: never. */
  readonly conv: Readonly<Record<(typeof CONVERGENCE)[number], number | null>>;
  readonly final: Omit<PlacementPoint, 'pages'>;
  readonly rows: readonly PlacementPoint[];
  /** What moved from node to node. */
  readonly moves: readonly PageMoves[];
  /** Scans by thread: [time in s, numa_scan_seq, numa_scan_period in ms, preferred node or -1]. */
  readonly scan_work: Readonly<Record<string, readonly (readonly [number, number, number, number])[]>>;
}

/** Where all regions lay at the end of a window. */
export interface PlacementWindow {
  readonly endNs: number;
  readonly rows: readonly PlacementRow[];
}

/** Where the pages lay over time, and what NUMA balancing did about it. UserError: a machine with one node. */
export function placement(run: Run): PlacementReport {
  const windows = placementWindows(run.tables.placement);
  if (windows.length === 0) {
    throw new UserError('the run has no placement', {
      where: run.path,
      expected: 'a run on a machine with several nodes',
      hint: 'record one with --topology 2-node',
    });
  }
  const regions = regionsOf(run, windows);
  const balancing = countsOf(run.tables.vmstat);
  const nodes = regions[0].first.length;
  const tiers = tiersOf(run);
  const hot = new TouchedBytes(run, nodes, tiers);
  const rows = windows.map((window) => ({
    ...pointOf(window, regions, balancing.get(window.endNs) ?? NO_COUNTS),
    ...hot.at(window.endNs),
  }));
  const { pages: _pages, ...final } = rows[rows.length - 1];
  return {
    name: run.name,
    nodes,
    tiers,
    regions,
    conv: convergence(windows, regions),
    final,
    rows,
    moves: movesOf(run.tables.migrations),
    scan_work: scanWork(run),
  };
}

const NO_COUNTS: BalancingCounts = { pte_updates: null, huge_updates: null, hint_faults: null, hint_local: null, migrated: null };

const COUNTERS: ReadonlyMap<string, keyof BalancingCounts> = new Map([
  ['numa_pte_updates', 'pte_updates'],
  ['numa_huge_pte_updates', 'huge_updates'],
  ['numa_hint_faults', 'hint_faults'],
  ['numa_hint_faults_local', 'hint_local'],
  ['numa_pages_migrated', 'migrated'],
]);

/** The rows of each window together, in the order of time. */
export function placementWindows(rows: readonly PlacementRow[]): PlacementWindow[] {
  const byEnd = new Map<number, PlacementRow[]>();
  for (const row of rows) {
    const window = byEnd.get(row.endNs);
    if (window === undefined) byEnd.set(row.endNs, [row]);
    else window.push(row);
  }
  return [...byEnd].map(([endNs, window]) => ({ endNs, rows: window }));
}

/** NUMA balancing's counters by the end of their window. */
function countsOf(rows: readonly VmstatRow[]): Map<number, BalancingCounts> {
  const byEnd = new Map<number, BalancingCounts>();
  for (const { endNs, counter, value } of rows) {
    const name = COUNTERS.get(counter);
    if (name !== undefined) byEnd.set(endNs, { ...(byEnd.get(endNs) ?? NO_COUNTS), [name]: value });
  }
  return byEnd;
}

/** Pages by node of the region that starts at `start` in `targetId`. */
function pagesOf({ rows }: PlacementWindow, { target_id, start }: Pick<PlacedRegionReport, 'target_id' | 'start'>): number[] {
  return rows.filter((row) => row.targetId === target_id && row.start === start).map(({ pages }) => pages);
}

/** What regions are called: by their targets too, where there are several. The page cache is nobody's. */
export function regionNames(regions: readonly Pick<PlacedRegionReport, 'target_id' | 'region'>[]): string[] {
  const several = new Set(regions.map(({ target_id }) => target_id).filter((id) => id !== NO_TARGET)).size > 1;
  return regions.map(({ target_id, region }) => (several && target_id !== NO_TARGET ? `${target_id}/${region}` : region));
}

function regionsOf(run: Run, windows: readonly PlacementWindow[]): PlacedRegionReport[] {
  const homes = homesOf(run);
  const [first] = windows;
  const last = windows[windows.length - 1];
  return first.rows
    .filter(({ nid }) => nid === 0)
    .map(({ targetId: target_id, region, start, end }) => {
      const place = { target_id, start };
      const home = homes.get(`${isPhysical(run) ? 0 : target_id} ${start}`) ?? null;
      return { target_id, region, start, end, home, first: pagesOf(first, place), last: pagesOf(last, place) };
    });
}

/** By target and start of a region: the node that makes most of its accesses. */
function homesOf(run: Run): Map<string, number> {
  const byRegion = new Map<string, Map<number, number>>();
  if (run.accessTruth.length === 0 || run.manifest === null) return new Map();
  const nodes = nodeOfCpus(run);
  for (const { targetId, rows } of run.accessTruth) {
    for (const { start, cpu, accesses } of rows) {
      const key = `${targetId} ${start}`;
      const byNode = byRegion.get(key) ?? new Map<number, number>();
      byNode.set(nodes[cpu], (byNode.get(nodes[cpu]) ?? 0) + accesses);
      byRegion.set(key, byNode);
    }
  }
  const homes = new Map<string, number>();
  for (const [key, byNode] of byRegion) {
    const sum = [...byNode.values()].reduce((a, b) => a + b, 0);
    for (const [nid, accesses] of byNode) if (accesses > HOME_SHARE * sum) homes.set(key, nid);
  }
  return homes;
}

function pointOf(
  window: PlacementWindow,
  regions: readonly PlacedRegionReport[],
  counts: BalancingCounts,
): Omit<PlacementPoint, 'touched' | 'touched_top'> {
  const names = regionNames(regions);
  const pages = regions.map((region) => pagesOf(window, region));
  const all = pages.flat().reduce((sum, count) => sum + count, 0);
  const onNode1 = pages.reduce((sum, byNode) => sum + (byNode[1] ?? 0), 0);
  return {
    t: window.endNs / NS_PER_SEC,
    ...counts,
    pages: Object.fromEntries(names.map((name, i) => [name, pages[i]])),
    bytes: regions[0].first.map((_, nid) => pages.reduce((sum, byNode) => sum + byNode[nid], 0) * PAGE_BYTES),
    node1: all === 0 ? 0 : onNode1 / all,
    local: localShare(regions, pages),
  };
}

function localShare(regions: readonly PlacedRegionReport[], pages: readonly (readonly number[])[]): number | null {
  let home = 0;
  let all = 0;
  regions.forEach((region, i) => {
    if (region.home === null) return;
    home += pages[i][region.home];
    all += pages[i].reduce((sum, count) => sum + count, 0);
  });
  return all === 0 ? null : home / all;
}

function convergence(windows: readonly PlacementWindow[], regions: readonly PlacedRegionReport[]): PlacementReport['conv'] {
  const away = regions.map(({ home, first }) => (home === null ? 0 : first.reduce((sum, pages) => sum + pages, 0) - first[home]));
  const sum = away.reduce((a, b) => a + b, 0);
  const come = windows.map((window) =>
    regions.reduce((pages, region, i) => {
      if (region.home === null || away[i] === 0) return pages;
      return pages + pagesOf(window, region)[region.home] - region.first[region.home];
    }, 0),
  );
  const timeOf = (share: string) => {
    const at = sum === 0 ? -1 : come.findIndex((pages) => pages > Number(share) * sum);
    return at < 0 ? null : windows[at].endNs / NS_PER_SEC;
  };
  return { '0.1': timeOf('0.1'), '0.5': timeOf('0.5'), '0.9': timeOf('0.9'), '0.99': timeOf('0.99') };
}

function scanWork(run: Run): PlacementReport['scan_work'] {
  const byThread: Record<string, [number, number, number, number][]> = {};
  for (const { atNs, tid, numaScanSeq, numaScanPeriodMs, numaPreferredNid } of run.tables.scan_passes) {
    byThread[tid] ??= [];
    byThread[tid].push([atNs / NS_PER_SEC, numaScanSeq, numaScanPeriodMs, numaPreferredNid]);
  }
  return byThread;
}
