import { NS_PER_MS, NS_PER_US, PAGE_BYTES, UserError } from '@damonlab/base';
import { Pte } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import type { MachineConfig } from './config.js';
import { Machine } from './machine.js';
import { buildProcesses } from './processes.js';
import { ATTRS, MIB, MONITOR, machineOf, Notes, phases, synthetic, twoNodes } from './testing/small-machines.js';

/** Run a machine in this thread. */
async function run(config: MachineConfig) {
  const notes = new Notes();
  const machine = await Machine.create(config, { executor: 'inline', observer: notes, check: true });
  const outcome = await machine.run();
  await machine.close();
  return { notes, machine, outcome, totals: machine.runCounters() };
}

/** Pages of each process on each node, as the page table has them now. */
function placement(config: MachineConfig, machine: Machine): number[][] {
  return buildProcesses(config).map(({ space }) => {
    const flags = machine.memory.image.pteFlags.subarray(space.firstPte, space.endPte);
    return config.topology.nodes.map((_, nid) => flags.filter((f) => (f & Pte.present) !== 0 && (f & Pte.nidMask) === nid).length);
  });
}

describe('several processes with several threads on two nodes', () => {
  const alone = [
    { name: 'a', workload: synthetic(2 * MIB, 40, 2, 'pointer_chase'), cpus: [0, 1] },
    { name: 'b', workload: synthetic(4 * MIB, 40, 3, 'pointer_chase'), cpus: [2, 3] },
  ];

  it('a page lies on the node of the CPU that touched it first', async () => {
    const config = machineOf(alone, { durationNs: 20 * NS_PER_MS });
    const { machine, totals } = await run(config);
    const [a, b] = placement(config, machine);
    expect(a[0]).toBeGreaterThan(100);
    expect(b[1]).toBeGreaterThan(100);
    expect([a[1], b[0]]).toEqual([0, 0]);
    expect(a[0] + b[1]).toBe(totals.pgfault);
  });

  it('threads of one process on both nodes: both get pages, and memory that is full on one is taken from the other', async () => {
    const shared = [{ name: 'a', workload: synthetic(2 * MIB, 40, 4, 'pointer_chase'), cpus: [] }];
    const both = machineOf(shared, { durationNs: 30 * NS_PER_MS });
    const [[left, right]] = placement(both, (await run(both)).machine);
    expect(Math.min(left, right)).toBeGreaterThan(50);
    const full = machineOf([{ name: 'a', workload: synthetic(6 * MIB, 200), cpus: [0] }], {
      topology: twoNodes(4),
      durationNs: 150 * NS_PER_MS,
    });
    const [pages] = placement(full, (await run(full)).machine);
    expect(pages[0]).toBe((4 * MIB) / PAGE_BYTES);
    expect(pages[1]).toBeGreaterThan(50);
  });

  it('remote memory makes the same work slower', async () => {
    const accesses = async (latencyNs: MachineConfig['topology']['latencyNs']) => {
      const topology = {
        ...twoNodes(64),
        latencyNs,
        nodes: [
          { cpus: 4, memoryBytes: 0 },
          { cpus: 0, memoryBytes: 64 * MIB },
        ],
      };
      return (await run(machineOf(alone, { topology, durationNs: 20 * NS_PER_MS }))).totals.accesses;
    };
    const near = await accesses([
      [3, 3],
      [3, 3],
    ]);
    const far = await accesses([
      [3, 300],
      [300, 3],
    ]);
    expect(far).toBeLessThan(near / 3);
  });

  it('ends when the last thread has ended, and then all memory is free', async () => {
    const config = machineOf(alone);
    const { machine, outcome } = await run(config);
    expect(placement(config, machine)).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect([0, 1].map((nid) => machine.memory.frames.freeFrames(nid))).toEqual([16_384, 16_384]);
    expect(outcome.state).toBe('complete');
    expect(outcome.virtualNs).toBeGreaterThanOrEqual(40 * NS_PER_MS);
    expect(outcome.virtualNs).toBeLessThan(45 * NS_PER_MS);
  });

  it('every second of a CPU is counted once', async () => {
    const { notes, totals } = await run(machineOf(alone));
    for (const [total, key] of [
      ['accesses', 'accesses'],
      ['tlb_misses', 'tlbMisses'],
      ['context_switches', 'contextSwitches'],
    ] as const) {
      expect(notes.counters.reduce((sum, window) => sum + window[key], 0)).toBe(totals[total]);
    }
    for (const cpu of [0, 1, 2, 3]) {
      const windows = notes.counters.filter((window) => window.cpu === cpu);
      windows.forEach((window, i) => {
        expect(window.startNs).toBe(i === 0 ? 0 : windows[i - 1].endNs);
        expect(window.busyNs).toBeLessThanOrEqual(window.endNs - window.startNs + ATTRS.sampleUs);
      });
      expect(windows.at(-1)?.endNs).toBe(totals.virtual_ns);
    }
  });
});

describe('phases', () => {
  it('are recorded as they happened, back to back, for each process', async () => {
    const processes = [
      { name: 'a', workload: phases([30, 20, 10], 64), cpus: [0] },
      { name: 'b', workload: phases([25, 40], 64, {}, 2), cpus: [2, 3] },
    ];
    const config = machineOf(processes);
    const { notes } = await run(config);
    const layouts = buildProcesses(config).map(({ space }) => space.regions);
    for (const [target, ms] of [
      [30, 20, 10],
      [25, 40],
    ].entries()) {
      const records = notes.phases.filter((phase) => phase.targetId === target);
      expect(records.map((phase) => phase.name)).toEqual(ms.map((_, i) => `p${i}`));
      records.forEach((phase, i) => {
        if (i > 0) expect(phase.startNs).toBe(records[i - 1].endNs);
        // A phase ends with the selection that its time runs out in: 1000 accesses of some 30 ns.
        expect(phase.endNs - phase.startNs).toBeGreaterThan(ms[i] * NS_PER_MS - 100 * NS_PER_US);
        expect(phase.endNs - phase.startNs).toBeLessThan(ms[i] * NS_PER_MS + 200 * NS_PER_US);
        expect(phase.hot).toEqual([{ start: layouts[target][i].start, end: layouts[target][i].end }]);
      });
    }
  });

  it('one that the duration cuts off ends there', async () => {
    const config = machineOf([{ name: 'a', workload: phases([30, 20], 64), cpus: [] }], { durationNs: 41_234_567 });
    const { notes, outcome } = await run(config);
    expect(outcome).toEqual({ state: 'complete', virtualNs: 41_234_567 });
    expect(notes.phases.map((phase) => phase.endNs).at(-1)).toBe(41_234_567);
    expect(notes.counters.at(-1)?.endNs).toBe(41_234_567);
  });

  it('the truth of a phase is its region and what every process touches besides', async () => {
    const config = machineOf([{ name: 'a', workload: phases([300], 64), cpus: [] }], { durationNs: 300 * NS_PER_MS });
    const { notes } = await run(config);
    const [{ space }] = buildProcesses(config);
    const region = space.regions[0];
    const second = notes.truths[1];
    const touched = [...second.start].map((start, i) => ({ start, end: second.end[i] }));
    expect(touched.some(({ start, end }) => start <= region.start && end >= region.end - PAGE_BYTES)).toBe(true);
    for (const { start, end } of touched) expect(space.vmas.some((vma) => start >= vma.start && start < vma.end && end > start)).toBe(true);
  });
});

describe('the kdamond', () => {
  const watched = (cpu: number | null, wakeNs: number): MachineConfig =>
    machineOf([{ name: 'a', workload: synthetic(2 * MIB, 1_000), cpus: [0] }], {
      monitor: { ...MONITOR, kdamond: { ...MONITOR.kdamond, cpu, wakeNs } },
      durationNs: 50 * NS_PER_MS,
    });

  it('takes its time from its CPU, and from none if it has one of its own', async () => {
    const own = (await run(watched(null, 100_000))).totals;
    const shared = (await run(watched(0, 100_000))).totals;
    const other = (await run(watched(3, 100_000))).totals;
    expect(own.kdamond_ns).toBeGreaterThan(5 * NS_PER_MS);
    expect(other.accesses).toBe(own.accesses);
    // One thread that never sleeps: CPU 0 is busy whenever the kdamond is not there.
    expect(own.busy_ns).toBeGreaterThan(50 * NS_PER_MS - 1_000);
    const lastWork = 200_000;
    expect(shared.busy_ns + shared.kdamond_ns).toBeGreaterThan(50 * NS_PER_MS - 1_000);
    expect(shared.busy_ns + shared.kdamond_ns).toBeLessThan(50 * NS_PER_MS + lastWork);
    expect(shared.accesses).toBeLessThan(own.accesses * 0.9);
  });

  it('samples at its interval after its work, and reports each target once a window', async () => {
    const config = machineOf(
      [
        { name: 'a', workload: synthetic(MIB, 1_000), cpus: [0] },
        { name: 'b', workload: synthetic(MIB, 1_000), cpus: [2] },
      ],
      { monitor: MONITOR, durationNs: 60 * NS_PER_MS },
    );
    const { notes, totals } = await run(config);
    expect(totals.nr_samples).toBeGreaterThan(100);
    expect(totals.nr_samples).toBeLessThan(120);
    expect(totals.nr_aggregations).toBe(Math.floor((totals.nr_samples ?? 0) / 10));
    expect(notes.snapshots.map((snapshot) => snapshot.targetId)).toEqual(notes.snapshots.map((_, i) => i % 2));
    const first = notes.snapshots.filter((snapshot) => snapshot.targetId === 0);
    expect(first.length).toBe(totals.nr_aggregations);
    first.forEach((snapshot, i) => {
      expect(snapshot.startNs).toBe(i === 0 ? 0 : first[i - 1].endNs);
      expect(Math.max(...snapshot.nrAccesses)).toBeLessThanOrEqual(10);
      // Truth and counters are cut into the same windows.
      expect(notes.truths.filter((window) => window.targetId === 0)[i].endNs).toBe(snapshot.endNs);
    });
    expect(Math.max(...first.flatMap((snapshot) => [...snapshot.nrAccesses]))).toBeGreaterThan(5);
  });

  it('timers fire at multiples of the granularity', async () => {
    const config = { ...watched(null, 2_000), timerGranularityNs: 320_000 };
    const { notes } = await run(config);
    expect(notes.snapshots.length).toBeGreaterThan(3);
    for (const { endNs } of notes.snapshots) expect(endNs % 320_000).toBe(0);
  });

  it('ends with the last process', async () => {
    const config = machineOf([{ name: 'a', workload: synthetic(MIB, 20), cpus: [0] }], { monitor: MONITOR });
    const { outcome } = await run(config);
    expect(outcome.virtualNs).toBeGreaterThanOrEqual(20 * NS_PER_MS);
    expect(outcome.virtualNs).toBeLessThan(26 * NS_PER_MS);
  });
});

describe('the background process', () => {
  it('takes the TLB from the workload as often as it runs', async () => {
    const misses = async (backgroundSwitchNs: number, asids: number) => {
      const config = machineOf([{ name: 'a', workload: synthetic(128 * 1024, 1_000), cpus: [0] }], {
        durationNs: 20 * NS_PER_MS,
        backgroundSwitchNs,
      });
      const cpu = { ...config.cpu, tlb: { kind: 'infinite' as const, asids } };
      return (await run({ ...config, cpu })).totals.tlb_misses;
    };
    const never = await misses(0, 0);
    expect(await misses(NS_PER_MS, 2)).toBe(never);
    expect(await misses(NS_PER_MS, 0)).toBeGreaterThan(10 * 20);
    expect(never).toBeLessThan(150);
  });
});

describe('machines that cannot be', () => {
  const process = { name: 'a', workload: synthetic(MIB, 10), cpus: [] };
  it.each<[string, MachineConfig, RegExp]>([
    ['a thread on a CPU that does not exist', machineOf([{ ...process, cpus: [4] }]), /processes\[0\]\.cpus: no such CPU\n.*0 to 3\n.*4/],
    ['a topology without nodes', machineOf([process], { topology: { ...twoNodes(1), nodes: [] } }), /impossible number of nodes/],
    ['a workload out of bounds', machineOf([{ ...process, workload: synthetic(0, 10) }]), /bytes/],
  ])('%s: a UserError, whatever the executor', async (_, config, message) => {
    for (const executor of ['inline', 'threads'] as const) {
      const created = Machine.create(config, { executor, observer: new Notes() });
      await expect(created).rejects.toThrow(UserError);
      await expect(created).rejects.toThrow(message);
    }
  });
});
