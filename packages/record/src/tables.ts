import type { CpuCounters, Snapshot, TruthWindow } from './events.js';
import { readTable, readWindows, TableWriter } from './parquet.js';

const REGIONS = {
  snapshot: 'INT32',
  target_id: 'INT64',
  start_time: 'INT64',
  end_time: 'INT64',
  sample_us: 'INT64',
  aggr_us: 'INT64',
  start: 'INT64',
  end: 'INT64',
  nr_accesses: 'INT64',
  age: 'INT64',
} as const;

const TRUTH = { window: 'INT32', target_id: 'INT64', start_time: 'INT64', end_time: 'INT64', start: 'INT64', end: 'INT64' } as const;

const CPU_COUNTERS = {
  cpu: 'INT32',
  start_time: 'INT64',
  end_time: 'INT64',
  accesses: 'INT64',
  tlb_misses: 'INT64',
  page_faults: 'INT64',
  context_switches: 'INT64',
  busy_ns: 'INT64',
} as const;

/** One row per region. A snapshot without regions is one row with start = end = 0. */
export function writeRegions(fd: number, snapshots: readonly Snapshot[]): void {
  const table = new TableWriter(fd, REGIONS);
  snapshots.forEach((s, index) => {
    const row = (start: number, end: number, nrAccesses: number, age: number) =>
      table.row(index, s.targetId, s.startNs, s.endNs, s.sampleUs, s.aggrUs, start, end, nrAccesses, age);
    for (let i = 0; i < s.start.length; i++) row(s.start[i], s.end[i], s.nrAccesses[i], s.age[i]);
    if (s.start.length === 0) row(0, 0, 0, 0);
    table.endOfWindow();
  });
  table.finish();
}

export async function readRegions(file: string): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  await readWindows(file, REGIONS, 'snapshot', (group, from, to) => {
    const rows = group.start[from] === group.end[from] ? from : to;
    snapshots.push({
      targetId: group.target_id[from],
      startNs: group.start_time[from],
      endNs: group.end_time[from],
      sampleUs: group.sample_us[from],
      aggrUs: group.aggr_us[from],
      start: group.start.slice(from, rows),
      end: group.end.slice(from, rows),
      nrAccesses: Uint32Array.from(group.nr_accesses.subarray(from, rows)),
      age: Uint32Array.from(group.age.subarray(from, rows)),
    });
  });
  return snapshots;
}

/** One row per touched range. A window in which nothing was touched is one row with start = end = 0. */
export function writeTruth(fd: number, windows: readonly TruthWindow[]): void {
  const table = new TableWriter(fd, TRUTH);
  windows.forEach((t, index) => {
    for (let i = 0; i < t.start.length; i++) table.row(index, t.targetId, t.startNs, t.endNs, t.start[i], t.end[i]);
    if (t.start.length === 0) table.row(index, t.targetId, t.startNs, t.endNs, 0, 0);
    table.endOfWindow();
  });
  table.finish();
}

export async function readTruth(file: string): Promise<TruthWindow[]> {
  const windows: TruthWindow[] = [];
  await readWindows(file, TRUTH, 'window', (group, from, to) => {
    const rows = group.start[from] === group.end[from] ? from : to;
    windows.push({
      targetId: group.target_id[from],
      startNs: group.start_time[from],
      endNs: group.end_time[from],
      start: group.start.slice(from, rows),
      end: group.end.slice(from, rows),
    });
  });
  return windows;
}

export function writeCpuCounters(fd: number, counters: readonly CpuCounters[]): void {
  const table = new TableWriter(fd, CPU_COUNTERS);
  for (const c of counters) {
    table.row(c.cpu, c.startNs, c.endNs, c.accesses, c.tlbMisses, c.pageFaults, c.contextSwitches, c.busyNs);
    table.endOfWindow();
  }
  table.finish();
}

export async function readCpuCounters(file: string): Promise<CpuCounters[]> {
  const counters: CpuCounters[] = [];
  await readTable(file, CPU_COUNTERS, (group, rows) => {
    for (let i = 0; i < rows; i++) {
      counters.push({
        cpu: group.cpu[i],
        startNs: group.start_time[i],
        endNs: group.end_time[i],
        accesses: group.accesses[i],
        tlbMisses: group.tlb_misses[i],
        pageFaults: group.page_faults[i],
        contextSwitches: group.context_switches[i],
        busyNs: group.busy_ns[i],
      });
    }
  });
  return counters;
}
