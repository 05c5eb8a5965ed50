import { NS_PER_SEC, PS_PER_NS } from '@damonlab/base';
import type { CpuCounters, NodeLoadRow, Run } from '@damonlab/record';
import { hasTopology, nodeOfCpus } from '../attribution/keys.js';
import { type Lane, lineLane, SeriesSet } from './lanes.js';

/** What the CPUs of each node did, what its memory was asked for, and the pages that changed their node. */
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
    ...memoryLanes(run.tables.node_load),
    ...migrationLane(run.tables),
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

/** What each node's memory was asked for, and how long it took: where the machine times accesses. */
function memoryLanes(rows: readonly NodeLoadRow[]): Lane[] {
  const bytes = new SeriesSet();
  const times = new SeriesSet();
  for (const row of rows) {
    const { nid, startNs, endNs, timed, meanPs } = row;
    if (endNs <= startNs) continue;
    bytes.add(`node ${nid}`, startNs, endNs, (row.bytes * NS_PER_SEC) / (endNs - startNs));
    if (timed > 0) times.add(`node ${nid}`, startNs, endNs, meanPs / PS_PER_NS);
  }
  return [
    ...lineLane('bandwidth', 'traffic to node', 'bytes_per_s', bytes.all()),
    ...lineLane('latency', 'latency of node', 'ns', times.all()),
  ];
}

function migrationLane({ migrations, placement }: Run['tables']): Lane[] {
  const set = new SeriesSet();
  const names = [...new Set(migrations.map(({ fromNid, toNid }) => `${fromNid} → ${toNid}`))].sort();
  const pages = new Map(migrations.map((row) => [`${row.endNs} ${row.fromNid} → ${row.toNid}`, row.pages]));
  // Windows in which nothing moved have no rows.
  const windows = new Map([...placement, ...migrations].map(({ startNs, endNs }) => [endNs, startNs]));
  for (const [endNs, startNs] of [...windows].sort(([a], [b]) => a - b)) {
    for (const name of names) {
      set.add(name, startNs, endNs, ((pages.get(`${endNs} ${name}`) ?? 0) * NS_PER_SEC) / (endNs - startNs));
    }
  }
  return lineLane('migrations', 'pages migrated', 'per_s', set.all());
}
