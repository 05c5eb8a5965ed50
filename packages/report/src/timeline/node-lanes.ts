import { NS_PER_SEC } from '@damonlab/base';
import type { CpuCounters, PlacementRow, Run } from '@damonlab/record';
import { hasTopology, nodeOfCpus } from '../attribution/keys.js';
import { type Lane, lineLane, SeriesSet } from './lanes.js';

/** What the CPUs of each node did, and the pages that changed their node. */
export function nodeLanes(run: Run): Lane[] {
  const nodes = hasTopology(run) ? nodeOfCpus(run) : [];
  const rates = new SeriesSet();
  const times = new SeriesSet();
  for (const { nid, startNs, endNs, accesses, busyNs } of byNode(run.cpuCounters, nodes)) {
    rates.add(`node ${nid}`, startNs, endNs, (accesses * NS_PER_SEC) / (endNs - startNs));
    if (accesses > 0) times.add(`node ${nid}`, startNs, endNs, busyNs / accesses);
  }
  return [
    ...lineLane('accesses', 'accesses, by node of CPU', 'per_s', rates.all()),
    ...lineLane('access_ns', 'time per access, by node', 'ns', times.all()),
    ...migrationLane(run.tables.placement),
  ];
}

interface NodeWindow {
  readonly nid: number;
  readonly startNs: number;
  readonly endNs: number;
  accesses: number;
  busyNs: number;
}

/** In the order of time, nodes ascending; CPUs of an unknown topology are on node 0. */
function byNode(counters: readonly CpuCounters[], nodes: readonly number[]): NodeWindow[] {
  const windows = new Map<string, NodeWindow>();
  for (const { cpu, startNs, endNs, accesses, busyNs } of counters) {
    if (endNs <= startNs) continue;
    const nid = nodes[cpu] ?? 0;
    const key = `${endNs} ${nid}`;
    const window = windows.get(key) ?? { nid, startNs, endNs, accesses: 0, busyNs: 0 };
    windows.set(key, window);
    window.accesses += accesses;
    window.busyNs += busyNs;
  }
  return [...windows.values()].sort((a, b) => a.nid - b.nid || a.endNs - b.endNs);
}

/**
 * Pages that left one node for another, net, region by region. First touches put pages on a node without taking them from another, so only
 * what a region lost somewhere has moved. With more than two nodes, losses and gains are paired in the order of the nodes.
 */
function migrationLane(rows: readonly PlacementRow[]): Lane[] {
  const set = new SeriesSet();
  const before = new Map<string, number>();
  for (const window of windowsOf(rows)) {
    const moved = new Map<string, number>();
    for (const changes of window.values()) pair(changes, before, moved);
    const [{ startNs, endNs }] = window.values().next().value ?? [];
    for (const [name, pages] of moved) set.add(name, startNs, endNs, (pages * NS_PER_SEC) / (endNs - startNs));
  }
  return lineLane('migrations', 'pages migrated, net', 'per_s', set.all());
}

/** By window, and in it by region. */
function windowsOf(rows: readonly PlacementRow[]): Map<string, PlacementRow[]>[] {
  const byEnd = new Map<number, Map<string, PlacementRow[]>>();
  for (const row of rows) {
    const window = byEnd.get(row.endNs) ?? new Map<string, PlacementRow[]>();
    byEnd.set(row.endNs, window);
    const place = `${row.targetId} ${row.start}`;
    window.set(place, [...(window.get(place) ?? []), row]);
  }
  return [...byEnd.values()];
}

/** Match what the nodes of a region lost since the window before with what the others gained; `before` goes on to this window. */
function pair(region: readonly PlacementRow[], before: Map<string, number>, moved: Map<string, number>): void {
  const change = region.map(({ targetId, start, nid, pages }) => {
    const key = `${targetId} ${start} ${nid}`;
    const difference = pages - (before.get(key) ?? pages);
    before.set(key, pages);
    return { nid, difference };
  });
  for (const from of change) {
    for (const to of change) {
      if (from.difference >= 0 || to.difference <= 0) continue;
      const pages = Math.min(-from.difference, to.difference);
      from.difference += pages;
      to.difference -= pages;
      const name = `${from.nid} → ${to.nid}`;
      moved.set(name, (moved.get(name) ?? 0) + pages);
    }
  }
}
