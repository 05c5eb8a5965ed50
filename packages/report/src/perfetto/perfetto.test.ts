import { noTables } from '@damonlab/record';
import { beforeAll, describe, expect, it } from 'vitest';
import { phaseOf, runOf, schemeRowOf, snapshotOf } from '../../test/build-run.js';
import type { TraceEvent } from './events.js';
import { perfettoTrace } from './perfetto.js';

const MS = 1e6;

/** What the engine of Chrome's performance panel makes of a trace, as far as it is asked for here. */
interface Parsed {
  readonly Meta: {
    readonly traceIsGeneric: boolean;
    readonly traceBounds: { readonly min: number; readonly max: number };
    readonly processNames: ReadonlyMap<number, { readonly args: { readonly name: string } }>;
  };
  readonly Renderer: {
    readonly processes: ReadonlyMap<
      number,
      { readonly threads: ReadonlyMap<number, { readonly name: string; readonly entries: readonly Entry[] }> }
    >;
  };
}

interface Entry {
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
}

const thread = (index: number, tid: number, cpu: number, execMs: number) => ({
  ...{ startNs: index * 100 * MS, endNs: (index + 1) * 100 * MS, tid, targetId: 0, cpu, execNs: execMs * MS },
  ...{ numaPreferredNid: -1, numaScanPeriodMs: 0, numaScanSeq: 0 },
});
const cpu = (index: number, of: number, busyMs: number) => ({
  ...{ cpu: of, startNs: index * 100 * MS, endNs: (index + 1) * 100 * MS, accesses: 1000, busyNs: busyMs * MS },
  ...{ tlbMisses: 5, pageFaults: 0, contextSwitches: 0 },
});
const user = (name: string, active: number) => ({
  ...{ startNs: 0, endNs: 200 * MS, user: name, active, inForce: 0, armed: 0, lostArms: 0, disarmed: 0 },
  ...{ delivered: 4, misattributed: 0, stray: 0, lostFaults: 0 },
});
const handover = { atNs: 150 * MS, stopped: 'damon', started: 'numa_balancing', busy: '' };
const scan = { atNs: 160 * MS, tid: 7, cpu: 1, costNs: 2000, ptesUpdated: 9, pagesWalked: 10 };

const run = runOf([snapshotOf(0, [[0, 10, 1]]), snapshotOf(1, [[0, 10, 2]])], {
  name: 'a "quoted" <name>',
  cpuCounters: [cpu(0, 0, 80), cpu(0, 1, 40), cpu(1, 0, 100), cpu(1, 1, 0)],
  phases: [phaseOf('warm up', 0, 120, []), phaseOf('hot', 100, 200, [])],
  tables: {
    ...noTables(),
    // Threads 7 and 8 share CPU 0, and together want more of it than there is.
    threads: [thread(0, 7, 0, 60), thread(0, 8, 0, 50), thread(0, 9, 1, 40), thread(1, 7, 0, 100)],
    sharing: [user('damon', 0), user('numa_balancing', 1)],
    handovers: [{ ...handover, walked: 0, changed: 0, shootdowns: 0, leftOver: 0, costNs: 0, quiescedNs: 0 }],
    scan_passes: [{ ...scan, numaScanSeq: 1, numaScanPeriodMs: 1000, numaPreferredNid: 1 }],
    schemes: [schemeRowOf(0, 1)],
    faults: [{ atNs: 30 * MS, kind: 'hint_fault', cpu: 1, tid: 9, targetId: 0, addr: 0x7000, write: 1, nid: 0 }],
  },
});

async function parse(events: readonly TraceEvent[]): Promise<Parsed> {
  // The engine knows only browsers.
  Object.assign(globalThis, { DOMRect: class {} });
  const engine = await import('@paulirish/trace_engine');
  const processor = engine.Processor.TraceProcessor.createWithAllHandlers();
  await processor.parse(JSON.parse(JSON.stringify(events)), {});
  return processor.data as Parsed;
}

describe('a trace for Perfetto', () => {
  const trace = perfettoTrace(run);
  let parsed: Parsed;
  beforeAll(async () => {
    parsed = await parse(trace.traceEvents);
  });

  const slices = (pid: number, tid: number, of = parsed) =>
    of.Renderer.processes
      .get(pid)
      ?.threads.get(tid)
      ?.entries.map(({ name, ts, dur }) => [name, ts, dur]) ?? [];
  const events = (ph: TraceEvent['ph']) => trace.traceEvents.filter((event) => event.ph === ph);

  it('is read by the engine of a performance panel', () => {
    expect(parsed.Meta.traceIsGeneric).toBe(true);
    expect([...parsed.Meta.processNames.values()].map(({ args }) => args.name)).toEqual([
      'CPUs',
      'kdamond',
      'hinting faults',
      'workload',
      'counters',
    ]);
    expect(parsed.Meta.traceBounds.max).toBe(200_000);
  });

  it('has who ran on each CPU, one behind the other inside the window', () => {
    expect(slices(1, 1)).toEqual([
      ['thread 7', 0, 60_000],
      ['thread 8', 60_000, 40_000],
      ['thread 7', 100_000, 100_000],
    ]);
    expect(slices(1, 2)).toEqual([['thread 9', 0, 40_000]]);
  });

  it('has how busy CPUs were where threads are not known', async () => {
    const { tables } = run;
    const other = await parse(perfettoTrace({ ...run, tables: { ...tables, threads: [] } }).traceEvents);
    expect(slices(1, 1, other)).toEqual([
      ['busy', 0, 80_000],
      ['busy', 100_000, 100_000],
    ]);
  });

  it('has the kdamond, and who had the hinting faults', () => {
    expect(slices(2, 1)).toEqual([
      ['aggregation', 0, 100_000],
      ['aggregation', 100_000, 100_000],
    ]);
    expect(slices(3, 1)).toEqual([['damon has them', 0, 150_000]]);
    expect(slices(3, 2)).toEqual([['numa_balancing has them', 150_000, 50_000]]);
    expect(events('i').map(({ name, ts }) => [name, ts])).toEqual([
      ['hinting fault', 30_000],
      ['scheme 0 stat', 100_000],
      ['damon → numa_balancing', 150_000],
    ]);
  });

  it('has faults on the track of their CPU', () => {
    const args = { tid: 9, target_id: 0, addr: '0x7000', write: 1, nid: 0 };
    expect(events('i')[0]).toMatchObject({ s: 't', pid: 1, tid: 2, ts: 30_000, cat: 'fault', args });
  });

  it('has phases and scans as spans that may overlap, each begun and ended', () => {
    const spans = (ph: 'b' | 'e') => events(ph).map((event) => ('id' in event ? [event.id, event.ts] : []));
    expect(spans('b')).toEqual([
      ['scan 7 160000000', 160_000],
      ['phase 0', 0],
      ['phase 1', 100_000],
    ]);
    expect(spans('e')).toEqual([
      ['scan 7 160000000', 160_002],
      ['phase 0', 120_000],
      ['phase 1', 200_000],
    ]);
  });

  it('has the lanes as counters', () => {
    const counters = events('C').filter(({ name }) => name === 'nr_regions');
    expect(counters.map(({ ts, args }) => [ts, args])).toEqual([
      [0, { nr_regions: 1 }],
      [100_000, { nr_regions: 1 }],
      [200_000, { nr_regions: 0 }],
    ]);
  });

  it('is empty, but a trace, of a run that recorded nothing', () => {
    expect(perfettoTrace(runOf([])).traceEvents.every(({ ph }) => ph === 'M')).toBe(true);
  });
});
