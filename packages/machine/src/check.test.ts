import { NS_PER_MS } from '@damonlab/base';
import type { TlbConfig } from '@damonlab/cpu';
import { Pte } from '@damonlab/mm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkMemory } from './check-memory.js';
import type { MachineConfig, ProcessConfig } from './config.js';
import { Machine } from './machine.js';
import { earliest } from './resolve-faults.js';
import { ATTRS, MIB, MONITOR, machineOf, Notes, phases, synthetic, TLB, twoNodes } from './testing/small-machines.js';

const workload = fc.oneof(
  fc
    .record({ kib: fc.integer({ min: 4, max: 4096 }), threads: fc.integer({ min: 1, max: 3 }), chase: fc.boolean() })
    .map(({ kib, threads, chase }) => synthetic(kib * 1024, 30, threads, chase ? 'pointer_chase' : 'zipf')),
  fc
    .record({ ms: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 3 }), pages: fc.integer({ min: 1, max: 600 }) })
    .chain(({ ms, pages }) => fc.constantFrom(0, 100_000).map((throttleNs) => phases(ms, pages, { throttleNs }))),
);
const processes: fc.Arbitrary<ProcessConfig[]> = fc
  .array(fc.record({ workload, cpus: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }) }), { minLength: 1, maxLength: 3 })
  .map((list) => list.map((process, i) => ({ name: `p${i}`, ...process })));
const tlb = fc.constantFrom<TlbConfig>({ kind: 'off' }, { kind: 'infinite', asids: 1 }, TLB);

const scenarios: fc.Arbitrary<MachineConfig> = fc
  .record({
    processes,
    tlb,
    seed: fc.nat(),
    thp: fc.constantFrom('never' as const, 'always' as const),
    kernel: fc.constantFrom('7.3' as const, '6.12' as const),
    kdamondCpu: fc.constantFrom(null, 1),
    otherOps: fc.constantFrom(null, 'vaddr' as const, 'paddr' as const),
    sampleUs: fc.constantFrom(100, 500, 1_000),
    backgroundSwitchNs: fc.constantFrom(0, 700_000),
    epochMaxNs: fc.constantFrom(50_000, NS_PER_MS, 20 * NS_PER_MS),
  })
  .map(({ processes: list, tlb: model, kernel, kdamondCpu, otherOps, sampleUs, ...rest }) => {
    const base = machineOf(list, { ...rest, durationNs: 20 * NS_PER_MS });
    const monitor = { ...MONITOR, kernel, attrs: { ...ATTRS, sampleUs }, kdamond: { ...MONITOR.kdamond, cpu: kdamondCpu } };
    const regions = otherOps === 'paddr' ? [[{ start: 0, end: 64 * MIB }]] : [];
    const other = { ...MONITOR, ops: otherOps ?? 'vaddr', kernel, attrs: { ...ATTRS, minNrRegions: 20 }, regions };
    return { ...base, monitor, ...(otherOps === null ? {} : { otherMonitors: [other] }), cpu: { ...base.cpu, tlb: model } };
  });

describe('any small machine', () => {
  it('keeps its invariants: regions, frames, windows', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async (config) => {
        const notes = new Notes();
        const machine = await Machine.create(config, { executor: 'inline', observer: notes, check: true });
        await machine.run();
        checkMemory(machine.memory, config.topology);
        for (const { start, end, startNs, endNs } of notes.truths) {
          expect(endNs).toBeGreaterThan(startNs);
          for (let i = 0; i < start.length; i++) {
            expect(start[i]).toBeLessThan(end[i]);
            if (i > 0) expect(start[i]).toBeGreaterThan(end[i - 1]);
          }
        }
        const totals = machine.runCounters();
        expect(notes.counters.reduce((sum, window) => sum + window.accesses, 0)).toBe(totals.accesses);
        expect(notes.counters.reduce((sum, window) => sum + window.pageFaults, 0)).toBeGreaterThanOrEqual(totals.pgfault ?? 0);
        for (const phase of notes.phases) expect(phase.endNs).toBeGreaterThanOrEqual(phase.startNs);
      }),
      { numRuns: 20 },
    );
  });
});

describe('checkMemory', () => {
  const config = machineOf([{ name: 'a', workload: synthetic(MIB, 30, 1, 'pointer_chase'), cpus: [] }], {
    durationNs: 5 * NS_PER_MS,
    topology: twoNodes(8),
  });
  const ran = async () => {
    const machine = await Machine.create(config, { executor: 'inline', observer: new Notes() });
    await machine.run();
    const pte = machine.memory.image.pteFlags.findIndex((flags) => flags !== 0);
    return { memory: machine.memory, image: machine.memory.image, pte };
  };

  it('finds nothing in a machine that is right', async () => {
    const { memory } = await ran();
    expect(() => checkMemory(memory, config.topology)).not.toThrow();
  });

  it('finds a frame that is mapped twice, one of another node, a lost one and one that is used and free', async () => {
    const twice = await ran();
    const other = twice.image.pteFlags.findIndex((flags, pte) => flags !== 0 && pte > twice.pte);
    twice.image.ptePfn[other] = twice.image.ptePfn[twice.pte];
    expect(() => checkMemory(twice.memory, config.topology)).toThrow(/is mapped by entry/);
    const stray = await ran();
    stray.image.pteFlags[stray.pte] ^= 1;
    expect(() => checkMemory(stray.memory, config.topology)).toThrow(/of another node/);
    const lost = await ran();
    lost.image.pteFlags[lost.pte] &= ~Pte.present;
    expect(() => checkMemory(lost.memory, config.topology)).toThrow(/do not add up/);
    const free = await ran();
    free.memory.frames.release(free.image.ptePfn[free.pte]);
    expect(() => checkMemory(free.memory, config.topology)).toThrow(/mapped by entry|do not add up/);
  });
});

describe('order of what CPUs report', () => {
  it('is virtual time, then CPU number, then the order of each log', () => {
    // Three CPUs with logs of two entries.
    const times = Float64Array.of(50, 70, 20, 50, 50, 0);
    const count = [2, 2, 1];
    const next = [0, 0, 0];
    const order: number[] = [];
    for (let cpu = earliest(times, 2, next, count); cpu >= 0; cpu = earliest(times, 2, next, count)) {
      next[cpu]++;
      order.push(cpu);
    }
    expect(order).toEqual([1, 0, 1, 2, 0]);
  });
});
