import type { AccessTruthRow, AccessTruthWindow, AttributionRow, AttributionWindow } from './events.js';
import { readWindows, TableWriter } from './parquet.js';

const WINDOW = { window: 'INT32', target_id: 'INT64', start_time: 'INT64', end_time: 'INT64' } as const;
const WHO = { cpu: 'INT32', tid: 'INT64', is_write: 'INT32' } as const;
const ATTRIBUTION = {
  ...WINDOW,
  start: 'INT64',
  end: 'INT64',
  ...WHO,
  workload_region: 'UTF8',
  reports: 'INT64',
  credited: 'INT64',
} as const;
const ACCESS_TRUTH = { ...WINDOW, region: 'UTF8', start: 'INT64', end: 'INT64', ...WHO, accesses: 'INT64' } as const;

/** One row per region and who. A window without reports is one row with start = end = 0. */
export function writeAttribution(fd: number, windows: readonly AttributionWindow[]): void {
  const table = new TableWriter(fd, ATTRIBUTION);
  windows.forEach(({ targetId, startNs, endNs, rows }, index) => {
    for (const r of rows) {
      const who = [r.cpu, r.tid, Number(r.isWrite), r.workloadRegion] as const;
      table.row(index, targetId, startNs, endNs, r.regionStart, r.regionEnd, ...who, r.reports, r.credited);
    }
    if (rows.length === 0) table.row(index, targetId, startNs, endNs, 0, 0, 0, 0, 0, '', 0, 0);
    table.endOfWindow();
  });
  table.finish();
}

export async function readAttribution(file: string): Promise<AttributionWindow[]> {
  const windows: AttributionWindow[] = [];
  await readWindows(file, ATTRIBUTION, 'window', (group, from, to, texts) => {
    const rows: AttributionRow[] = [];
    for (let i = from; i < to && group.start[i] < group.end[i]; i++) {
      rows.push({
        regionStart: group.start[i],
        regionEnd: group.end[i],
        cpu: group.cpu[i],
        tid: group.tid[i],
        isWrite: group.is_write[i] === 1,
        workloadRegion: texts[group.workload_region[i]],
        reports: group.reports[i],
        credited: group.credited[i],
      });
    }
    windows.push({ targetId: group.target_id[from], startNs: group.start_time[from], endNs: group.end_time[from], rows });
  });
  return windows;
}

/** One row per region and who. A window without accesses is one row with start = end = 0 and no name. */
export function writeAccessTruth(fd: number, windows: readonly AccessTruthWindow[]): void {
  const table = new TableWriter(fd, ACCESS_TRUTH);
  windows.forEach(({ targetId, startNs, endNs, rows }, index) => {
    for (const r of rows) {
      table.row(index, targetId, startNs, endNs, r.region, r.start, r.end, r.cpu, r.tid, Number(r.isWrite), r.accesses);
    }
    if (rows.length === 0) table.row(index, targetId, startNs, endNs, '', 0, 0, 0, 0, 0, 0);
    table.endOfWindow();
  });
  table.finish();
}

export async function readAccessTruth(file: string): Promise<AccessTruthWindow[]> {
  const windows: AccessTruthWindow[] = [];
  await readWindows(file, ACCESS_TRUTH, 'window', (group, from, to, texts) => {
    const rows: AccessTruthRow[] = [];
    for (let i = from; i < to && group.start[i] < group.end[i]; i++) {
      rows.push({
        region: texts[group.region[i]],
        start: group.start[i],
        end: group.end[i],
        cpu: group.cpu[i],
        tid: group.tid[i],
        isWrite: group.is_write[i] === 1,
        accesses: group.accesses[i],
      });
    }
    windows.push({ targetId: group.target_id[from], startNs: group.start_time[from], endNs: group.end_time[from], rows });
  });
  return windows;
}
