import { NS_PER_MS, PAGE_BYTES, UserError } from '@damonlab/base';
import { DEFAULT_SAMPLE_CONTROL } from '@damonlab/damon';
import { SHARING_STRATEGIES, type SharingStrategy } from '@damonlab/hint-faults';
import { Pte } from '@damonlab/mm';
import { DEFAULT_TUNABLES } from '@damonlab/numa-balancing';
import type { SweepArea, WorkloadSpec } from '@damonlab/workload';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FaultUserName, HandoverRequest, MachineConfig, NumaBalancingConfig, SharingConfig } from './config.js';
import type { ExecutorSpec } from './executor.js';
import { Machine } from './machine.js';
import { DAMON_ONLY, MONITOR, machineOf, Notes } from './testing/small-machines.js';

/** Scans begin after 4 ms and go over 1 MiB at a time. */
const NUMA: NumaBalancingConfig = {
  kernel: '7.3',
  mode: 1,
  tunables: { ...DEFAULT_TUNABLES, scanDelayMs: 4, scanPeriodMinMs: 4, scanPeriodMaxMs: 60, scanSizeMb: 1 },
  leakWhenOff: true,
  cost: { migrateNs: 2_000, scanPteNs: 50, scanPageNs: 1, scanChunkNs: 500 },
};
const area = (name: string, pages: number, changes: Partial<SweepArea> = {}): SweepArea => {
  return { name, bytes: pages * PAGE_BYTES, slackBytes: 0, populateNid: 0, everyNs: 0, firstNs: 0, threads: [], ...changes };
};
/** Two halves on node 0, one for a thread of each node, and a cold area that the second one touches rarely. */
const HALVES: WorkloadSpec = {
  kind: 'synthetic',
  name: 'halves',
  threads: 2,
  pattern: {
    pattern: 'sweep',
    durationNs: 200 * NS_PER_MS,
    writeRatio: 1,
    computePs: 500_000,
    spin: true,
    areas: [
      area('half0', 300, { threads: [0] }),
      area('half1', 300, { threads: [1] }),
      area('cold', 200, { everyNs: 90 * NS_PER_MS, firstNs: 80 * NS_PER_MS, threads: [1] }),
    ],
  },
};
const sharing = (strategy: SharingStrategy, changes: Partial<SharingConfig> = {}): SharingConfig => {
  return { ...DAMON_ONLY, strategy, owners: ['numa_balancing'], ...changes };
};
const FAULTS = { ...MONITOR, sample: { ...DEFAULT_SAMPLE_CONTROL, primitive: 'page_fault' as const } };

function config(changes: Partial<MachineConfig> = {}): MachineConfig {
  const processes = [{ name: 'halves', workload: HALVES, cpus: [0, 2] }];
  const sched = { hz: 1000, policy: 'fixed' as const, intervalNs: NS_PER_MS };
  return machineOf(processes, { numaBalancing: NUMA, sched, sharing: sharing('build_exclusive'), ...changes });
}

async function ran(machineConfig: MachineConfig, executor: ExecutorSpec = 'inline') {
  const notes = new Notes();
  const machine = await Machine.create(machineConfig, { executor, observer: notes, check: true });
  try {
    const outcome = await machine.run();
    return { notes, outcome, counters: machine.runCounters(), machine };
  } finally {
    await machine.close();
  }
}

/** Pages of a region by node at the end. */
function lastPages(notes: Notes, region: string): number[] {
  const end = Math.max(...notes.tables.placement.map(({ endNs }) => endNs));
  return notes.tables.placement.filter((row) => row.endNs === end && row.region === region).map(({ pages }) => pages);
}

describe('NUMA balancing in a machine', () => {
  it('brings the half that is used from the other node home, and leaves the other where it is', async () => {
    const { notes, counters } = await ran(config({ durationNs: 190 * NS_PER_MS }));
    const [still0, came0] = lastPages(notes, 'half0');
    const [still1, came1] = lastPages(notes, 'half1');
    expect([still0, came0]).toEqual([300, 0]);
    expect(came1).toBeGreaterThan(260);
    expect(still1 + came1).toBe(300);
    expect(counters.numa_pages_migrated).toBeGreaterThanOrEqual(came1);
    expect(counters.numa_hint_faults).toBe(counters.numab_delivered);
    const { migrations, faults } = notes.tables;
    expect(new Set(migrations.map(({ fromNid, toNid }) => `${fromNid} ${toNid}`))).toEqual(new Set(['0 1']));
    expect(migrations.reduce((sum, { pages }) => sum + pages, 0)).toBe(counters.pgmigrate_success);
    // The first ones of each window.
    expect(faults.filter(({ kind }) => kind === 'hint_fault').length).toBeLessThanOrEqual(2 * 16);
    expect(faults.find(({ kind, cpu }) => kind === 'hint_fault' && cpu === 2)).toBeDefined();
    expect(counters.numa_pte_updates).toBe(counters.numab_armed);
  });

  it('costs the thread on whose behalf it scans and migrates', async () => {
    const accesses = async (numaBalancing: NumaBalancingConfig) => (await ran(config({ numaBalancing }))).counters.accesses;
    const dear = { migrateNs: 40_000, scanPteNs: 5_000, scanPageNs: 1, scanChunkNs: 500 };
    expect(await accesses({ ...NUMA, cost: dear })).toBeLessThan(0.95 * (await accesses(NUMA)));
  });

  it('tells of its passes, threads and counters', async () => {
    const { notes, counters } = await ran(config());
    const { scan_passes, threads, vmstat } = notes.tables;
    expect(scan_passes.reduce((sum, pass) => sum + pass.ptesUpdated, 0)).toBe(counters.numa_pte_updates);
    expect(threads.filter(({ tid }) => tid === 1).at(-1)?.numaPreferredNid).toBe(1);
    expect(vmstat.filter(({ counter }) => counter === 'numa_hint_faults').at(-1)?.value).toBe(counters.numa_hint_faults);
    const execNs = threads.filter(({ tid }) => tid === 0).reduce((sum, row) => sum + row.execNs, 0);
    // A CPU of its own: a thread has had all the time there was but for its first switch.
    expect(execNs).toBeGreaterThan(0.98 * counters.virtual_ns);
    expect(execNs).toBeLessThanOrEqual(1.01 * counters.virtual_ns);
  });

  it.each<ExecutorSpec>(['threads', 'lanes:2'])('is the same with %s, whoever moves where', async (executor) => {
    for (const policy of ['fixed', 'balance', 'random'] as const) {
      const processes = [{ name: 'halves', workload: HALVES, cpus: [0, 1], cpusAllowed: [0, 1, 2, 3] }];
      const machineConfig = config({ processes, monitor: FAULTS, sharing: sharing('tagged', { owners: ['damon', 'numa_balancing'] }) });
      const of = { ...machineConfig, sched: { ...machineConfig.sched, policy } };
      const [one, other] = [await ran(of), await ran(of, executor)];
      expect(other.notes).toEqual(one.notes);
      expect(other.counters).toEqual(one.counters);
      if (policy === 'random') expect(one.counters.sched_moves).toBeGreaterThan(50);
    }
  });
});

describe('threads that move', () => {
  it('take what they were doing with them: nothing is lost, and the truth says on which CPU it was done', async () => {
    const processes = [{ name: 'halves', workload: HALVES, cpus: [0, 0], cpusAllowed: [0, 1, 2, 3] }];
    const sched = { hz: 1000, policy: 'random' as const, intervalNs: 3 * NS_PER_MS };
    const { notes, counters } = await ran(config({ processes, sched, numaBalancing: null }));
    const rows = notes.accessTruths.flatMap((window) => window.rows);
    expect(rows.reduce((sum, row) => sum + row.accesses, 0)).toBe(counters.accesses);
    expect(new Set(rows.filter(({ tid }) => tid === 1).map(({ cpu }) => cpu)).size).toBeGreaterThan(2);
    // Each thread swept its own half only, wherever it was.
    for (const { region, tid } of rows) if (region.startsWith('half')) expect(region).toBe(`half${tid}`);
  });

  it('an idle CPU pulls one of two that share a CPU', async () => {
    const processes = [{ name: 'halves', workload: HALVES, cpus: [0, 0], cpusAllowed: [0, 1] }];
    const sched = { hz: 1000, policy: 'balance' as const, intervalNs: NS_PER_MS };
    const { notes, counters } = await ran(config({ processes, sched, numaBalancing: null }));
    expect(counters.sched_moves).toBe(1);
    const last = notes.tables.threads.slice(-2).map(({ cpu }) => cpu);
    expect([...last].sort()).toEqual([0, 1]);
  });

  it('NUMA balancing brings a thread to its pages', async () => {
    const processes = [{ name: 'halves', workload: HALVES, cpus: [1, 2], cpusAllowed: [0, 1, 2, 3] }];
    // Pages cannot go to node 1: it is full. So the thread must go to node 0.
    const { topology } = config();
    const small = { ...topology, nodes: [topology.nodes[0], { cpus: 2, memoryBytes: 80 * PAGE_BYTES }] };
    const { notes } = await ran(config({ processes, topology: small }));
    expect(notes.tables.threads.filter(({ tid }) => tid === 1).at(-1)?.cpu).toBeLessThan(2);
  });
});

describe('hand-overs', () => {
  const schedule = (...steps: [atMs: number, stop: FaultUserName[], start: FaultUserName[]][]): HandoverRequest[] =>
    steps.map(([atMs, stop, start]) => ({ atNs: atMs * NS_PER_MS, stop, start }));
  const toDamon = schedule([60, ['numa_balancing'], ['damon']]);

  it.each(['runtime_full', 'runtime_half'] as const)('%s: what NUMA balancing had armed', async (strategy) => {
    const { notes, counters } = await ran(config({ monitor: FAULTS, sharing: sharing(strategy, { schedule: toDamon }) }));
    const [handover] = notes.tables.handovers;
    expect(handover).toMatchObject({ atNs: 60 * NS_PER_MS, stopped: 'numa_balancing', started: 'damon', busy: '' });
    if (strategy === 'runtime_full') {
      expect(handover.changed).toBeGreaterThan(100);
      expect(handover.walked).toBeGreaterThan(800);
      expect(handover).toMatchObject({ leftOver: 0, quiescedNs: handover.costNs });
      expect(counters.stray).toBe(0);
    } else {
      // The cold area waits for its sweep at 80 ms; then DAMON takes faults that it never asked for.
      expect(handover.leftOver).toBeGreaterThan(100);
      expect(handover.quiescedNs).toBeGreaterThan(20 * NS_PER_MS);
      expect(counters.stray).toBeGreaterThan(100);
      expect(counters.misattributed).toBe(counters.stray);
    }
  });

  it('after runtime_full nothing of the leaving owner is armed, whatever the page tables say', async () => {
    const notes = new Notes();
    const off = sharing('runtime_full', { schedule: schedule([60, ['numa_balancing'], []]) });
    const machine = await Machine.create(
      { ...config({ sharing: off }), durationNs: 61 * NS_PER_MS },
      { executor: 'inline', observer: notes },
    );
    await machine.run();
    const { pteFlags } = machine.memory.image;
    expect(notes.tables.handovers[0].changed).toBeGreaterThan(100);
    expect(pteFlags.some((flags) => (flags & Pte.protNone) !== 0)).toBe(false);
    await machine.close();
  });

  it.each([true, false])('the leak (%s): left-overs migrate pages while NUMA balancing is off', async (leakWhenOff) => {
    const off = sharing('runtime_half', { schedule: schedule([60, ['numa_balancing'], []]) });
    const { notes, counters } = await ran(config({ monitor: MONITOR, sharing: off, numaBalancing: { ...NUMA, leakWhenOff } }));
    const migratedAt = (ms: number) =>
      notes.tables.vmstat.filter((row) => row.counter === 'numa_pages_migrated' && row.endNs <= ms * NS_PER_MS).at(-1)?.value ?? 0;
    expect(counters.orphans).toBeGreaterThan(0);
    const leaked = counters.numa_pages_migrated - migratedAt(60);
    if (leakWhenOff) expect(leaked).toBeGreaterThan(0);
    else expect(counters.numa_hint_faults).toBe(counters.numab_delivered);
  });

  it('a request that breaks the rule gets EBUSY with the name of the owner, by schedule and by request', async () => {
    const steps = schedule([20, [], ['damon']]);
    const machineConfig = config({ monitor: FAULTS, sharing: sharing('runtime_half', { schedule: steps }) });
    const notes = new Notes();
    const machine = await Machine.create(machineConfig, { executor: 'inline', observer: notes });
    const refused = machine.handOver({ stop: [], start: ['damon'] });
    const granted = machine.handOver({ stop: ['numa_balancing'], start: ['damon'] });
    await Promise.all([
      expect(refused).rejects.toThrow(UserError),
      expect(refused).rejects.toThrow(/EBUSY[\s\S]*numa_balancing has them/),
      machine.run(),
    ]);
    expect((await granted).started).toBe('damon');
    expect(notes.tables.handovers.map(({ busy }) => busy)).toEqual(['numa_balancing', '', '']);
    await machine.close();
  });

  it('to somebody who is not there: says who is', async () => {
    const machine = await Machine.create(config(), { executor: 'inline', observer: new Notes() });
    const wrong = machine.handOver({ stop: [], start: ['damon'] });
    await Promise.all([expect(wrong).rejects.toThrow(/no such user[\s\S]*numa_balancing[\s\S]*page_fault/), machine.run()]);
    await machine.close();
  });

  it('no fault is lost or told twice, and shares add up to the reports, under any strategy and schedule', async () => {
    const step = fc.record({ atMs: fc.integer({ min: 1, max: 60 }), to: fc.constantFrom('damon', 'numa_balancing', 'none') });
    const strategies = SHARING_STRATEGIES.filter((strategy) => strategy !== 'build_exclusive');
    const plan = fc.record({ strategy: fc.constantFrom(...strategies), steps: fc.array(step, { maxLength: 6 }), seed: fc.nat(100) });
    await fc.assert(
      fc.asyncProperty(plan, async ({ strategy, steps, seed }) => {
        const users: FaultUserName[] = ['damon', 'numa_balancing'];
        const sorted = [...steps].sort((a, b) => a.atMs - b.atMs);
        const handovers = sorted.map(({ atMs, to }) => {
          return { atNs: atMs * NS_PER_MS, stop: users.filter((user) => user !== to), start: users.filter((user) => user === to) };
        });
        const plan = sharing(strategy, { schedule: handovers });
        const machineConfig = { ...config({ seed, monitor: FAULTS, sharing: plan }), durationNs: 70 * NS_PER_MS };
        const { notes, counters } = await ran(machineConfig);
        const last = new Map(notes.tables.sharing.map((row) => [row.user, row]));
        for (const row of last.values()) {
          const own = row.delivered - row.misattributed;
          expect(row.armed).toBe(own + row.lostFaults + row.disarmed + row.inForce);
        }
        const rows = notes.attributions.flatMap((window) => window.rows);
        const attributed = rows.reduce((sum, row) => sum + row.reports, 0);
        expect(attributed).toBeLessThanOrEqual(counters.delivered);
        expect(counters.queued + counters.ring_full).toBe(counters.delivered);
      }),
      { numRuns: 25 },
    );
  });
});
