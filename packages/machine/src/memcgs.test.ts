import { NS_PER_MS, PAGE_BYTES } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import type { MachineConfig } from './config.js';
import { Machine } from './machine.js';
import { MIB, machineOf, Notes, synthetic } from './testing/small-machines.js';

const actionCost = { lookNs: 100, migrateNs: 1_000, pageoutNs: 2_000 };
const swap = { pages: 8192, scanNs: 100, outNs: 1_000, inNs: 10_000 };
const pages = (mib: number) => (mib * MIB) / PAGE_BYTES;

/** Two processes of 6 MiB each, on a CPU each. */
const TWO = ['/a', '/b/c'].map((memcg, i) => ({ name: memcg.slice(1, 2), workload: synthetic(6 * MIB, 200, 1, 'zipf'), cpus: [i], memcg }));

async function run(memory: MachineConfig['memory'], changes: Partial<MachineConfig> = {}) {
  const notes = new Notes();
  const config = machineOf(TWO, { durationNs: 200 * NS_PER_MS, ...changes, ...(memory && { memory }) });
  const machine = await Machine.create(config, { executor: 'inline', observer: notes, check: true });
  await machine.run().finally(() => machine.close());
  return { notes, totals: machine.runCounters() as Record<string, number> };
}

const lastOf = (notes: Notes, counter: string) => notes.tables.vmstat.filter((row) => row.counter === counter).at(-1)?.value;

describe('memory cgroups with limits', () => {
  it('one pays for what it wants too much, the other does not', async () => {
    const memcgs = [{ path: '/b', maxPages: pages(2) }];
    const { notes, totals } = await run({ actionCost, swap, memcgs });
    const last = notes.tables.processes.slice(-2);
    expect(last.map(({ targetId, pswpout }) => [targetId, pswpout > 0])).toEqual([
      [0, false],
      [1, true],
    ]);
    expect(last[1].rss).toBeLessThanOrEqual(pages(2));
    expect(lastOf(notes, 'memory.max /b')).toBe(pages(2));
    expect(lastOf(notes, 'memory.current /b')).toBeLessThanOrEqual(pages(2));
    expect(lastOf(notes, 'memory.events.max /b')).toBeGreaterThan(0);
    expect([totals.pgsteal_direct, totals.pswpout]).toEqual([0, last[1].pswpout]);
  });

  it('limits that nobody reaches change nothing', async () => {
    const accesses = async (memcgs: NonNullable<MachineConfig['memory']>['memcgs']) => {
      const { totals } = await run({ actionCost, swap, ...(memcgs && { memcgs }) });
      return [totals.accesses, totals.tlb_misses, totals.pgfault];
    };
    expect(await accesses([{ path: '/a', maxPages: pages(60), highPages: pages(50) }])).toEqual(await accesses(undefined));
  });

  it('a huge page that finds no room is not mapped, and base pages are', async () => {
    const memcgs = [{ path: '/a', maxPages: pages(3) }];
    const { notes, totals } = await run({ actionCost, swap, memcgs }, { thp: 'always' });
    expect(totals.thp_fault_fallback).toBeGreaterThan(0);
    expect(lastOf(notes, 'memory.current /a')).toBeLessThanOrEqual(pages(3));
  });

  it('where nothing can go the run ends, and names the cgroup', async () => {
    const memcgs = [{ path: '/b', maxPages: pages(2) }];
    await expect(run({ actionCost, swap: { ...swap, pages: 0 }, memcgs })).rejects.toThrow(/memory cgroup \/b has reached its memory.max/);
  });

  it('is refused by name in wall time', async () => {
    const memory = { actionCost, swap, memcgs: [{ path: '/b', maxPages: pages(2) }] };
    const wall = Machine.create(machineOf(TWO, { memory }), { executor: 'threads', clock: 'wall', observer: new Notes() });
    await expect(wall).rejects.toThrow(/memcgs: what a cgroup has in use/);
  });
});
