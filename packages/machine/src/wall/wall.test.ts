import { PAGE_BYTES } from '@damonlab/base';
import { DEFAULT_SAMPLE_CONTROL } from '@damonlab/damon';
import { RacingMemory } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import { Machine } from '../machine.js';
import { MIB, MONITOR, machineOf, Notes, phases, synthetic, twoNodes } from '../testing/small-machines.js';

const process = (bytes: number, ms = 1_000, threads = 2) => ({ name: 'p', workload: synthetic(bytes, ms, threads), cpus: [] });
const watched = { ...MONITOR, attrs: { ...MONITOR.attrs, sampleUs: 5_000, aggrUs: 50_000 } };
const faulting = { ...watched, sample: { ...DEFAULT_SAMPLE_CONTROL, primitive: 'page_fault' as const } };

async function run(config: Parameters<typeof Machine.create>[0], options: Partial<Parameters<typeof Machine.create>[1]> = {}) {
  const notes = new Notes();
  const machine = await Machine.create(config, { clock: 'wall', executor: 'threads', observer: notes, check: true, ...options });
  const { workers } = machine;
  try {
    const outcome = await machine.run();
    return { notes, outcome, counters: machine.runCounters(), workers };
  } finally {
    await machine.close();
  }
}

describe('a machine in wall time', () => {
  it('lets real time pass, tells phases and ends, counts races, and leaves no thread', async () => {
    const workload = phases([200, 200, 200], 64);
    const config = machineOf([{ name: 'p', workload, cpus: [3] }], { monitor: watched });
    const startedMs = performance.now();
    const { notes, outcome, counters, workers } = await run(config);
    expect(performance.now() - startedMs).toBeGreaterThan(600);
    expect(outcome.state).toBe('complete');
    expect(outcome.virtualNs).toBeGreaterThan(600e6);
    expect(notes.phases.map(({ name }) => name)).toEqual(['p0', 'p1', 'p2']);
    notes.phases.forEach(({ startNs, endNs }) => {
      expect(endNs - startNs).toBeGreaterThan(100e6);
    });
    expect(notes.snapshots.length).toBeGreaterThan(3);
    expect(notes.truths.some(({ start }) => start.length > 0)).toBe(true);
    expect(notes.tables.races.some(({ race, cpu }) => race === 'slices' && cpu === 3)).toBe(true);
    expect(notes.tables.timer_lateness.reduce((sum, { count }) => sum + count, 0)).toBe(counters.nr_samples);
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1, -1, -1]);
  });

  it('four threads on four CPUs share pages that are armed: all accounts balance, by threads and by lanes', async () => {
    for (const executor of ['threads', 'lanes:2'] as const) {
      const { counters } = await run(machineOf([process(4 * MIB, 1_000, 4)], { monitor: faulting, thp: 'never' }), { executor });
      expect(counters.armed).toBeGreaterThan(0);
      expect(counters.queued + counters.ring_full).toBe(counters.delivered);
    }
  });

  it('huge pages are claimed as a whole', async () => {
    const { counters } = await run(machineOf([process(16 * MIB, 1_000, 4)], { monitor: faulting, thp: 'always' }));
    expect(counters.thp_fault_alloc).toBeGreaterThan(0);
    expect(counters.pgfault).toBeGreaterThanOrEqual(counters.thp_fault_alloc);
  });

  it('accesses are sampled by the CPUs themselves', async () => {
    const sample = { ...DEFAULT_SAMPLE_CONTROL, primitive: 'sampled_accesses' as const, sampledEvery: 1_000 };
    const { counters } = await run(machineOf([process(4 * MIB)], { monitor: { ...watched, sample } }));
    expect(counters.sampled).toBeGreaterThan(0);
    expect(counters.queued + counters.ring_full).toBe(counters.sampled);
  });

  it('threads are moved by the scheduler, and go on where they were', async () => {
    const allowed = { ...process(MIB, 1_500, 4), cpus: [0], cpusAllowed: [0, 1, 2, 3] };
    const { notes, counters } = await run(machineOf([allowed], { sched: { hz: 250, policy: 'balance', intervalNs: 4e6 } }));
    expect(counters.sched_moves).toBeGreaterThan(0);
    const ran = new Set(notes.counters.filter(({ accesses }) => accesses > 0).map(({ cpu }) => cpu));
    expect(ran.size).toBeGreaterThan(1);
  });
});

describe('a machine in wall time that goes wrong', () => {
  it('says that a worker was killed', async () => {
    const notes = new Notes();
    const machine = await Machine.create(machineOf([process(MIB, 100_000)], { monitor: watched }), {
      clock: 'wall',
      executor: 'threads',
      observer: notes,
    });
    const kill = setTimeout(() => machine.workers[2].terminate(), 300);
    await expect(machine.run()).rejects.toThrow(/^CPU worker 2 died: it exited with status 1$/);
    clearTimeout(kill);
    await machine.close();
    expect(machine.workers.every(({ threadId }) => threadId === -1)).toBe(true);
  });

  it('says what a worker has thrown', async () => {
    const config = machineOf([process(80 * MIB, 100_000)], { topology: twoNodes(4) });
    await expect(run(config)).rejects.toThrow(/^CPU worker \d failed: out of memory: no free frame for entry \d+/);
  });

  it('says that a CPU hangs', async () => {
    const machine = await Machine.create(machineOf([process(MIB, 100_000, 1)]), {
      clock: 'wall',
      executor: 'threads',
      observer: new Notes(),
      watchdogMs: 1_500,
    });
    const { memory } = machine;
    if (!(memory instanceof RacingMemory)) throw new Error('memory of a machine in wall time is one that races');
    // Somebody owns every entry and does not give it back.
    for (let pte = 0; pte < (4 * MIB) / PAGE_BYTES; pte++) memory.claims.take(pte);
    await expect(machine.run()).rejects.toThrow(/^CPU 0 hangs: its worker 0 has finished no slice for 1.5 s$/);
    await machine.close();
  });
});
