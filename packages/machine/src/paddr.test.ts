import { type AddrRange, NS_PER_MS, PAGE_BYTES, UserError } from '@damonlab/base';
import { DEFAULT_SAMPLE_CONTROL, type SampleControl } from '@damonlab/damon';
import { mappedEntry } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import type { MachineConfig, ProcessConfig } from './config.js';
import type { ExecutorSpec } from './executor.js';
import { Machine } from './machine.js';
import { MIB, MONITOR, machineOf, Notes, phases, synthetic } from './testing/small-machines.js';

/** Both nodes of the small machine. */
const MEMORY: AddrRange = { start: 0, end: 128 * MIB };

/** One process on each node. */
const TWO: readonly ProcessConfig[] = [
  { name: 'a', workload: synthetic(2 * MIB, 60, 1, 'pointer_chase'), cpus: [0] },
  { name: 'b', workload: synthetic(4 * MIB, 30, 1, 'pointer_chase'), cpus: [2] },
];

interface Options {
  readonly sample?: Partial<SampleControl>;
  readonly regions?: readonly (readonly AddrRange[])[];
  readonly changes?: Partial<MachineConfig>;
  readonly lingerNs?: number;
}

function watched(processes: readonly ProcessConfig[], options: Options = {}): MachineConfig {
  const { sample = {}, regions = [[MEMORY]], changes = {}, lingerNs = 0 } = options;
  const monitor = { ...MONITOR, ops: 'paddr', regions, lingerNs, sample: { ...DEFAULT_SAMPLE_CONTROL, ...sample } } as const;
  return machineOf(processes, { monitor, ...changes });
}

async function run(config: MachineConfig, executor: ExecutorSpec = 'inline') {
  const notes = new Notes();
  const machine = await Machine.create(config, { executor, observer: notes, check: true });
  const outcome = await machine.run();
  await machine.close();
  const totals: Record<string, number> = { ...machine.runCounters() };
  return { notes, machine, outcome, totals };
}

/** nr_accesses by byte, between 0 and 10, of a physical range over some windows. */
function heat(notes: Notes, range: AddrRange, fromMs: number, toMs: number): number {
  const windows = notes.snapshots.filter((s) => s.startNs >= fromMs * NS_PER_MS && s.endNs <= toMs * NS_PER_MS);
  expect(windows.length).toBeGreaterThan(1);
  let sum = 0;
  for (const { start, end, nrAccesses } of windows) {
    start.forEach((from, i) => {
      sum += nrAccesses[i] * Math.max(0, Math.min(end[i], range.end) - Math.max(from, range.start));
    });
  }
  return sum / windows.length / (range.end - range.start);
}

const inNode = (nid: number, fromMib: number, toMib: number): AddrRange => ({
  start: (64 * nid + fromMib) * MIB,
  end: (64 * nid + toMib) * MIB,
});

describe.each(['page_table', 'page_fault'] as const)('physical memory, watched with %s', (primitive) => {
  it('shows what is hot on each node, as one target, and what is free as cold', async () => {
    const { notes } = await run(watched(TWO, { sample: { primitive }, changes: { durationNs: 80 * NS_PER_MS } }));
    expect(new Set(notes.snapshots.map((s) => s.targetId))).toEqual(new Set([0]));
    for (const { start, end } of notes.snapshots) expect([start[0], end[end.length - 1]]).toEqual([MEMORY.start, MEMORY.end]);
    // Process a has 2 MiB at the bottom of node 0; b has 4 MiB at that of node 1, until it ends.
    expect(heat(notes, inNode(0, 0.5, 2), 15, 30)).toBeGreaterThan(3);
    expect(heat(notes, inNode(1, 0.5, 4), 15, 30)).toBeGreaterThan(3);
    expect(heat(notes, inNode(1, 0.5, 4), 45, 60)).toBe(0);
    expect(heat(notes, inNode(0, 0.5, 2), 65, 80)).toBe(0);
    expect(heat(notes, inNode(0, 32, 64), 15, 80)).toBeLessThan(0.1);
  });

  it('the truth is what was touched, by frame', async () => {
    const { notes, machine } = await run(watched(TWO, { sample: { primitive }, changes: { durationNs: 25 * NS_PER_MS } }));
    const touched = new Set<number>();
    for (const { targetId, start, end } of notes.truths) {
      expect(targetId).toBe(0);
      start.forEach((from, i) => {
        expect(from).toBeGreaterThan(i === 0 ? -1 : end[i - 1]);
        for (let addr = from; addr < end[i]; addr += PAGE_BYTES) touched.add(addr / PAGE_BYTES);
      });
    }
    // Nobody has given memory back yet, and a page is mapped because it was touched.
    const mapped = Array.from({ length: MEMORY.end / PAGE_BYTES }, (_, pfn) => pfn).filter(
      (pfn) => mappedEntry(machine.memory.image, pfn) >= 0,
    );
    expect([...touched].sort((a, b) => a - b)).toEqual(mapped);
    expect(mapped.length).toBeGreaterThan(1_000);
    for (const window of notes.truths.slice(0, -1)) expect(notes.snapshots.map((s) => s.endNs)).toContain(window.endNs);
  });

  it('is the same run, carried by threads', async () => {
    const config = watched(
      [
        { name: 'a', workload: synthetic(2 * MIB, 30, 4), cpus: [0, 1, 2, 3] },
        { name: 'b', workload: phases([15, 15], 200, {}, 2), cpus: [1, 2] },
      ],
      { sample: { primitive }, changes: { thp: 'always' } },
    );
    const { notes, totals } = await run(config, 'threads');
    const alone = await run(config);
    expect(totals).toEqual(alone.totals);
    expect(notes).toEqual(alone.notes);
  });
});

describe('the end', () => {
  it('comes with that of the last process', async () => {
    const { outcome, notes } = await run(watched(TWO));
    expect(outcome.state).toBe('complete');
    expect(outcome.virtualNs).toBeGreaterThanOrEqual(60 * NS_PER_MS);
    expect(outcome.virtualNs).toBeLessThan(65 * NS_PER_MS);
    expect(notes.snapshots.at(-1)?.endNs).toBeGreaterThan(55 * NS_PER_MS);
  });

  it('is that of the duration, if there is one: idle memory is still watched', async () => {
    const { outcome, notes } = await run(watched(TWO, { changes: { durationNs: 100 * NS_PER_MS } }));
    expect(outcome.virtualNs).toBe(100 * NS_PER_MS);
    expect(notes.snapshots.at(-1)?.endNs).toBeGreaterThan(90 * NS_PER_MS);
  });
});

describe('hinting faults on physical memory', () => {
  it('every report is accounted for, and names threads of both processes', async () => {
    // Windows go on after the end, until no report is left over.
    const { notes, totals } = await run(watched(TWO, { sample: { primitive: 'page_fault' }, lingerNs: 20 * NS_PER_MS }));
    const rows = notes.attributions.flatMap((window) => window.rows);
    const attributed = rows.reduce((sum, row) => sum + row.reports, 0);
    expect(attributed).toBeGreaterThan(100);
    expect(totals.armed).toBe(totals.delivered + totals.disarmed + totals.unmapped);
    expect(totals.samples_drained).toBe(totals.filtered_out + totals.samples_no_region + totals.unplaced + attributed);
    expect(totals.samples_no_region).toBe(0);
    // Frames of node 0 are a's, those of node 1 b's.
    for (const { tid, regionStart, regionEnd } of rows) {
      if (regionEnd <= 64 * MIB) expect(tid).toBe(0);
      if (regionStart >= 64 * MIB) expect(tid).toBe(1);
    }
    expect(new Set(rows.map((row) => row.tid))).toEqual(new Set([0, 1]));
  });
});

describe('regions', () => {
  it('only what is given is watched', async () => {
    const range = inNode(1, 0, 16);
    const { notes } = await run(watched(TWO, { regions: [[range]], changes: { durationNs: 30 * NS_PER_MS } }));
    for (const { start, end } of notes.snapshots) expect([start[0], end[end.length - 1]]).toEqual([range.start, range.end]);
  });

  it('of more than one target are refused', async () => {
    await expect(run(watched(TWO, { regions: [[MEMORY], [MEMORY]] }))).rejects.toThrow(UserError);
  });
});
