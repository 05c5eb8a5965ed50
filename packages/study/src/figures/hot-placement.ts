import { PAGE_BYTES } from '@damonlab/base';
import type { PlacementRow, Run } from '@damonlab/record';
import { mean, placementWindows } from '@damonlab/report';
import type { Figure, Figures } from '../study.js';
import { throughput } from './throughput.js';

const MIB = 1024 ** 2;
/** The end of a run, when schemes have done what they do: its last third. */
const END = 2 / 3;
/** Hot memory within this share of where it is at the end has arrived. */
const ARRIVED = 0.05;

/** Where the areas that are called `hot…` and `cold…` lie, node 0 being the fast one. */
export const HOT_PLACEMENT_FIGURES: readonly Figure[] = [
  { name: 'hot_fast', title: 'hot memory on the fast node', unit: 'MiB', better: 'more', digits: 1 },
  { name: 'hot_share', title: 'share of the hot memory on the fast node', unit: '%', better: null, digits: 1 },
  { name: 'cold_slow', title: 'share of the cold memory on the slow node', unit: '%', better: null, digits: 1 },
  { name: 'missing', title: 'hot memory that a process misses on the fast node, at most', unit: 'MiB', better: 'less', digits: 1 },
  { name: 'settle', title: 'time until the hot memory is where it ends', unit: 's', better: 'less', digits: 2 },
  { name: 'wobble', title: 'change of that share in the last third', unit: 'pp', better: 'less', digits: 1 },
  { name: 'moved', title: 'memory moved', unit: 'MiB', better: 'less', digits: 0 },
  { name: 'throughput_end', title: 'accesses in the last third', unit: 'M/s', better: 'more', digits: 3 },
  { name: 'kdamond', title: 'CPU time of the kdamond', unit: '%', better: 'less', digits: 2 },
];

/** The figures of a run on two nodes. Nothing ends: a run's end is where its last window ends. */
export function hotPlacementFigures(run: Run): Figures {
  const windows = windowsOf(run.tables.placement);
  const endNs = windows.at(-1)?.endNs ?? 0;
  const late = windows.filter((window) => window.endNs > END * endNs);
  const share = mean(late.map(({ hot }) => hot.share));
  const off = share === null ? -1 : windows.findLastIndex(({ hot }) => Math.abs(hot.share - share) > 100 * ARRIVED);
  const shares = late.map(({ hot }) => hot.share);
  const { counters } = run;
  return {
    hot_fast: mean(late.map(({ hot }) => hot.bytes[0] / MIB)),
    hot_share: share,
    cold_slow: mean(late.map(({ cold }) => 100 - cold.share)),
    missing: mean(late.map(({ missing }) => missing / MIB)),
    settle: share === null ? null : off < 0 ? 0 : windows[off].endNs / 1e9,
    wobble: shares.length === 0 ? null : Math.max(...shares) - Math.min(...shares),
    moved: ((counters.pgmigrate_success ?? 0) * PAGE_BYTES) / MIB,
    throughput_end: throughput(run, END * endNs),
    kdamond: endNs === 0 ? null : (100 * counters.kdamond_ns) / endNs,
  };
}

interface Window {
  readonly endNs: number;
  readonly hot: Placed;
  readonly cold: Placed;
  /** Most hot bytes of one process that are not on node 0. */
  readonly missing: number;
}

interface Placed {
  /** By node. */
  readonly bytes: readonly number[];
  /** Percent of them on node 0; 0 of none. */
  readonly share: number;
}

function windowsOf(rows: readonly PlacementRow[]): Window[] {
  return placementWindows(rows).map(({ endNs, rows: window }) => {
    const hot = window.filter(({ region }) => region.startsWith('hot'));
    const away = new Map<number, number>();
    for (const { targetId, nid, pages } of hot) if (nid > 0) away.set(targetId, (away.get(targetId) ?? 0) + pages * PAGE_BYTES);
    return {
      endNs,
      hot: placed(hot),
      cold: placed(window.filter(({ region }) => region.startsWith('cold'))),
      missing: Math.max(0, ...away.values()),
    };
  });
}

function placed(rows: readonly PlacementRow[]): Placed {
  const bytes = [0, 0];
  for (const { nid, pages } of rows) bytes[nid] += pages * PAGE_BYTES;
  const all = bytes[0] + bytes[1];
  return { bytes, share: all === 0 ? 0 : (100 * bytes[0]) / all };
}
