import { noTables, type PlacementRow, type SharingRow } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { manifestOf, phaseOf, runOf, schemeRowOf, snapshotOf, truthOf } from '../../test/build-run.js';
import { summary } from '../summary.js';
import type { Lane } from './lanes.js';
import { machineAt } from './machine-at.js';
import { spanOf } from './span.js';
import { timeline } from './timeline.js';

const MS = 1e6;

function sharing(index: number, user: string, active: number, delivered: number): SharingRow {
  const counts = { inForce: 0, armed: delivered, lostArms: 0, disarmed: 0, misattributed: 0, stray: 0, lostFaults: 0 };
  return { startNs: index * 100 * MS, endNs: (index + 1) * 100 * MS, user, active, delivered, ...counts };
}

function handover(atMs: number, stopped: string, started: string, busy = '') {
  return { atNs: atMs * MS, stopped, started, busy, walked: 0, changed: 0, shootdowns: 0, leftOver: 0, costNs: 0, quiescedNs: 0 };
}

function placed(index: number, pages: readonly number[]): PlacementRow[] {
  const where = { startNs: index * 100 * MS, endNs: (index + 1) * 100 * MS, targetId: 0, region: 'heap', start: 0, end: 4096 };
  return pages.map((count, nid) => ({ ...where, nid, pages: count }));
}

const window = (index: number) => ({ startNs: index * 100 * MS, endNs: (index + 1) * 100 * MS });
const moved = (index: number, fromNid: number, toNid: number, pages: number) => ({ ...window(index), fromNid, toNid, pages });
const load = (index: number, nid: number, bytes: number, meanPs: number) => {
  return { ...window(index), nid, bytes, timed: Math.sign(meanPs), meanPs };
};

const cpu = (index: number, of: number, accesses: number, busyNs: number) => ({
  ...{ cpu: of, startNs: index * 100 * MS, endNs: (index + 1) * 100 * MS, accesses, busyNs },
  ...{ tlbMisses: 0, pageFaults: 0, contextSwitches: 0 },
});

const run = runOf([snapshotOf(0, [[0, 10, 1]]), snapshotOf(1, [[0, 10, 0]]), snapshotOf(2, [[0, 10, 1]])], {
  manifest: manifestOf({ machine: { topology: { nodes: [{ cpus: 1, memoryBytes: 5 }, { cpus: 1 }] } } }),
  truth: [truthOf(0, [[0, 5]]), truthOf(1, []), truthOf(2, [])],
  phases: [phaseOf('whole', 0, 300, []), phaseOf('second', 100, 200, [])],
  cpuCounters: [cpu(0, 0, 10, 50), cpu(0, 1, 0, 0), cpu(1, 0, 30, 60), cpu(1, 1, 1, 9)],
  counters: { armed: 9 },
  tables: {
    ...noTables(),
    sharing: [
      sharing(0, 'damon', 0, 0),
      sharing(0, 'numa', 1, 5),
      sharing(1, 'damon', 1, 2),
      sharing(1, 'numa', 0, 6),
      sharing(2, 'damon', 1, 9),
    ],
    handovers: [handover(150, 'numa', 'damon'), handover(250, '', 'numa', 'damon')],
    migrations: [moved(1, 0, 1, 5), moved(1, 0, 2, 1), moved(2, 2, 1, 3)],
    node_load: [load(0, 0, 640, 1500), load(0, 1, 0, 0), load(1, 0, 64, 2000)],
    placement: [...placed(0, [10, 0, 2]), ...placed(1, [4, 5, 5]), ...placed(2, [4, 8, 5])],
    schemes: [schemeRowOf(0, 1, { effectiveBytes: 0 }), schemeRowOf(0, 2, { effectiveBytes: 64, szApplied: 100 })],
  },
});

function lane(id: string): Lane {
  const found = timeline(run).find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no lane ${id}`);
  return found;
}

function values(id: string): (readonly [string, ...number[]])[] {
  const found = lane(id);
  return found.kind === 'lines' ? found.series.map(({ name, values: all }) => [name, ...all] as const) : [];
}

describe('the timeline', () => {
  it('says who had the hinting faults, exactly to the hand-over, and that one was refused', () => {
    expect(lane('fault_owner')).toMatchObject({
      bands: [
        { name: 'damon', spans: [[150 * MS, 300 * MS]] },
        { name: 'numa', spans: [[0, 150 * MS]] },
      ],
      marks: [
        { atNs: 150 * MS, label: 'numa → damon' },
        { atNs: 250 * MS, label: 'numa: EBUSY, damon has them' },
      ],
    });
  });

  it('knows who had them before a hand-over inside the first window', () => {
    const rows = [sharing(0, 'damon', 1, 0), sharing(0, 'numa', 0, 0)];
    const early = runOf([], { tables: { ...noTables(), sharing: rows, handovers: [handover(50, 'numa', 'damon')] } });
    expect(timeline(early)[0]).toMatchObject({
      bands: [
        { name: 'damon', spans: [[50 * MS, 100 * MS]] },
        { name: 'numa', spans: [[0, 50 * MS]] },
      ],
    });
  });

  it.each([
    [
      'hint_faults',
      [
        ['damon', 0, 20, 70],
        ['numa', 50, 10],
      ],
    ],
    [
      'accesses',
      [
        ['node 0', 100, 300],
        ['node 1', 0, 10],
      ],
    ],
    [
      'access_ns',
      [
        ['node 0', 5, 2],
        ['node 1', 9],
      ],
    ],
    [
      'migrations',
      [
        ['0 → 1', 0, 50, 0],
        ['0 → 2', 0, 10, 0],
        ['2 → 1', 0, 0, 30],
      ],
    ],
    [
      'bandwidth',
      [
        ['node 0', 6400, 640],
        ['node 1', 0],
      ],
    ],
    ['latency', [['node 0', 1.5, 2]]],
    ['nr_regions', [['nr_regions', 1, 1, 1]]],
    [
      'wss',
      [
        ['wss', 10, 0, 10],
        ['truly touched', 5, 0, 0],
      ],
    ],
    ['effective_bytes', [['0 stat', 0, 64]]],
    ['sz_applied', [['0 stat', 0, 1000]]],
  ])('has %s', (id, expected) => {
    expect(values(id)).toEqual(expected);
  });

  it('is empty of a run that recorded nothing', () => {
    expect(timeline(runOf([]))).toEqual([]);
  });
});

describe('the machine at a time', () => {
  it('has CPUs, how busy they were, and pages by node', () => {
    expect(machineAt(run, 120 * MS)).toEqual({
      nodes: [
        { nid: 0, memory: 5, cpus: [{ cpu: 0, busy: 60 / (100 * MS), threads: [] }] },
        { nid: 1, memory: 0, cpus: [{ cpu: 1, busy: 9 / (100 * MS), threads: [] }] },
      ],
      regions: [{ target_id: 0, name: 'heap', pages: [4, 5, 5] }],
    });
    expect(machineAt(runOf([]), 0)).toBeNull();
  });
});

describe('a span of a run', () => {
  const span = spanOf(run, { startNs: 100 * MS, endNs: 300 * MS });

  it('has what lies wholly inside it', () => {
    expect(span.snapshots.map(({ startNs }) => startNs)).toEqual([100 * MS, 200 * MS]);
    expect(span.phases.map(({ name }) => name)).toEqual(['second']);
    expect(summary(span).cpu).toMatchObject({ accesses: 31, busy_s: 69e-9 });
    expect(span.counters).toEqual({});
  });

  it('counts from its own start', () => {
    expect(span.tables.sharing.map(({ user, delivered }) => [user, delivered])).toEqual([
      ['damon', 2],
      ['numa', 1],
      ['damon', 9],
    ]);
    expect(span.tables.schemes).toEqual([{ ...run.tables.schemes[1], nrTried: 1, szTried: 2 ** 20, nrSnapshots: 1 }]);
    expect(span.tables.handovers).toHaveLength(2);
  });

  it('is the run itself if it is all of it, but for what nobody knows the time of', () => {
    expect(spanOf(run, { startNs: 0, endNs: 300 * MS })).toEqual({ ...run, counters: {} });
  });
});
