import { NS_PER_MS, PAGE_BYTES } from '@damonlab/base';
import { DEFAULT_SAMPLE_CONTROL } from '@damonlab/damon';
import { STAT_EVERYTHING } from '@damonlab/damos';
import type { OtherMemory } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import type { MachineConfig, MonitorConfig } from './config.js';
import { Machine } from './machine.js';
import { MIB, MONITOR, machineOf, Notes, synthetic } from './testing/small-machines.js';

const actionCost = { lookNs: 100, migrateNs: 1_000, pageoutNs: 2_000 };

function other(kind: OtherMemory['kind'], start: number, end: number, bytes = end - start, pieceBytes = PAGE_BYTES): OtherMemory {
  return { kind, nid: 0, start, end, bytes, pieceBytes };
}

/** 32 MiB of node 0 are the kernel's but for 4 MiB of single pages, 1 MiB of the rest is page cache; one process on that node. */
const OTHERS = [other('kernel', 0, 32 * MIB, 28 * MIB), other('page_cache', 0, 64 * MIB, MIB)];
const ONE = [{ name: 'a', workload: synthetic(2 * MIB, 60, 1, 'pointer_chase'), cpus: [0] }];
const PADDR: MonitorConfig = { ...MONITOR, ops: 'paddr', regions: [[{ start: 0, end: 128 * MIB }]] };

async function run(changes: Partial<MachineConfig>) {
  const notes = new Notes();
  const machine = await Machine.create(machineOf(ONE, { otherMemory: OTHERS, durationNs: 60 * NS_PER_MS, ...changes }), {
    executor: 'inline',
    observer: notes,
    check: true,
  });
  await machine.run();
  await machine.close();
  return { notes, machine, totals: machine.runCounters() as Record<string, number> };
}

/** Page cache by node at the end of each window. */
const cacheOf = (notes: Notes) =>
  notes.tables.placement.filter(({ region }) => region === 'page_cache').map(({ nid, pages }) => [nid, pages] as const);

describe('other memory', () => {
  it('a process gets what is left between it first', async () => {
    const { machine } = await run({ otherMemory: OTHERS.slice(0, 1) });
    const { frames, image } = machine.memory;
    expect(frames.keptFrames(0)).toBe((28 * MIB) / PAGE_BYTES);
    const mapped = [...image.ptePfn].filter((pfn) => pfn > 0);
    expect(mapped.length).toBeGreaterThan(400);
    expect(mapped.every((pfn) => pfn * PAGE_BYTES < 32 * MIB)).toBe(true);
  });

  it('page cache that is out of use is never accessed, and is where the report of placement says', async () => {
    const { notes } = await run({ monitor: PADDR });
    expect(cacheOf(notes)[0]).toEqual([0, MIB / PAGE_BYTES]);
    const nobodys = notes.snapshots.at(-1);
    expect(nobodys?.nrAccesses.at(-1)).toBe(0);
  });

  it('a scheme moves what is unmapped, and nothing else', async () => {
    const scheme = {
      ...STAT_EVERYTHING,
      action: 'migrate_cold',
      targetNid: 1,
      filters: [{ type: 'unmapped', matching: true, allow: true }],
    } as const;
    const { notes, totals } = await run({ monitor: { ...PADDR, schemes: [scheme] }, memory: { actionCost } });
    expect(cacheOf(notes).slice(-2)).toEqual([
      [0, 0],
      [1, MIB / PAGE_BYTES],
    ]);
    expect(totals.pgmigrate_success).toBe(MIB / PAGE_BYTES);
  });

  it('hinting faults arm no page that nobody has mapped', async () => {
    const sample = { ...DEFAULT_SAMPLE_CONTROL, primitive: 'page_fault' } as const;
    const regions = [[{ start: 0, end: 4 * MIB }]];
    const cached = [other('page_cache', 0, 4 * MIB), other('kernel', 4 * MIB, 8 * MIB)];
    const { totals } = await run({ otherMemory: cached, monitor: { ...PADDR, regions, sample } });
    expect(totals.armed ?? 0).toBe(0);
  });

  it('reclaim takes clean page cache first, without swap space', async () => {
    const workload = synthetic(12 * MIB, 200, 1, 'pointer_chase');
    const full = [other('kernel', 0, 48 * MIB), other('page_cache', 48 * MIB, 60 * MIB)];
    const { totals, notes } = await run({
      processes: [{ name: 'a', workload, cpus: [0], mempolicy: { mode: 'bind', nodes: [0], weights: [1] } }],
      otherMemory: full,
      durationNs: 200 * NS_PER_MS,
      memory: { actionCost, swap: { pages: 0, scanNs: 100, outNs: 1_000, inNs: 10_000 } },
    });
    const [, left] = cacheOf(notes)
      .filter(([nid]) => nid === 0)
      .at(-1) ?? [0, 0];
    expect(left).toBeLessThan((12 * MIB) / PAGE_BYTES);
    expect(totals.pgsteal_kswapd + totals.pgsteal_direct).toBeGreaterThanOrEqual((12 * MIB) / PAGE_BYTES - left);
    expect(totals.pswpout).toBe(0);
  });

  it('is refused by name in wall time, where free lists are shared words', async () => {
    const wall = Machine.create(machineOf(ONE, { otherMemory: OTHERS }), { executor: 'threads', clock: 'wall', observer: new Notes() });
    await expect(wall).rejects.toThrow(/other_memory/);
  });
});
