import { NS_PER_MS, PAGE_BYTES } from '@damonlab/base';
import { MADVISE_ADVICE } from '@damonlab/damon-ops';
import type { SweepArea } from '@damonlab/workload';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MachineConfig, MadviseCallConfig } from './config.js';
import { Machine } from './machine.js';
import { MIB, machineOf, Notes } from './testing/small-machines.js';

const area = (name: string, mib: number, everyMs: number): SweepArea => ({
  name,
  bytes: mib * MIB,
  slackBytes: 0,
  populateNid: -1,
  everyNs: everyMs * NS_PER_MS,
  firstNs: 0,
  threads: [],
});

/** A process that sweeps 1 MiB all the time and 4 MiB every `everyMs`, and advises the kernel, on a machine with swap space. */
function machine(
  madvise: readonly MadviseCallConfig[],
  { everyMs = 1_000, writeRatio = 1, memoryMib = 16, swapPages = 4096, seed = 1 } = {},
) {
  const pattern = {
    pattern: 'sweep' as const,
    durationNs: 100 * NS_PER_MS,
    writeRatio,
    computePs: 200_000,
    spin: true,
    areas: [area('busy', 1, 0), area('buffer', 4, everyMs)],
  };
  const workload = { kind: 'synthetic' as const, name: 'p', pattern, threads: 1 };
  const topology = {
    name: 'small',
    nodes: [{ cpus: 1, memoryBytes: memoryMib * MIB }],
    distance: [[10]],
    latencyNs: [[3]],
  };
  return machineOf([{ name: 'p', workload, cpus: [0], madvise }], {
    topology,
    seed,
    durationNs: 60 * NS_PER_MS,
    memory: {
      actionCost: { lookNs: 10, migrateNs: 1_000, pageoutNs: 2_000 },
      swap: { pages: swapPages, scanNs: 10, outNs: 1_000, inNs: 20_000 },
    },
  });
}

async function ran(config: MachineConfig) {
  const notes = new Notes();
  const it = await Machine.create(config, { executor: 'inline', observer: notes, check: true });
  await it.run();
  const counters: Readonly<Record<string, number>> = it.runCounters();
  return { counters, processes: notes.tables.processes };
}

const free = (atMs: number, more: Partial<MadviseCallConfig> = {}): MadviseCallConfig => ({
  atNs: atMs * NS_PER_MS,
  everyNs: 0,
  advice: 'free',
  region: 'buffer',
  offset: 0,
  ...more,
});

describe('what a process advises', () => {
  it('is done at its time, to the bytes that it names, and takes time of its CPU', async () => {
    const idle = await ran(machine([]));
    const advised = await ran(machine([free(30, { offset: MIB, length: MIB + 1 })]));
    expect(advised.counters).toMatchObject({ madvise_calls: 1, madvise_refused: 0, pglazyfree: MIB / PAGE_BYTES + 1, pglazyfreed: 0 });
    expect(advised.counters.accesses).toBeLessThan(idle.counters.accesses);
    expect(idle.counters.madvise_calls).toBeUndefined();
  });

  it('is done again and again: written in between, given up once more', async () => {
    const again = await ran(machine([free(5, { everyNs: 10 * NS_PER_MS })], { everyMs: 10 }));
    // Nobody reclaims, so they stay on the lists of files.
    expect(again.counters).toMatchObject({ madvise_calls: 6, pglazyfree: 4 * 256, pglazyfreed: 0, pswpout: 0 });
  });

  it('pageout of what was given up drops it, of what was written since swaps nothing either at first', async () => {
    const pageout = (atMs: number) => free(atMs, { advice: 'pageout' });
    const dropped = await ran(machine([free(30), pageout(40)]));
    expect(dropped.counters).toMatchObject({ pglazyfreed: 1024, pswpout: 0, madvise_refused: 0 });
    expect(dropped.processes.at(-1)).toMatchObject({ pglazyfree: 1024, pglazyfreed: 1024, pageout: 1024, pswpout: 0 });
    const written = await ran(machine([free(10), pageout(25)], { everyMs: 20 }));
    expect(written.counters).toMatchObject({ pglazyfreed: 0, pswpout: 0 });
    const read = await ran(machine([free(10), pageout(25)], { everyMs: 20, writeRatio: 0 }));
    expect(read.counters).toMatchObject({ pglazyfreed: 1024, pswpout: 0, pgmajfault: 0 });
  });

  it('about program text is refused, and counted', async () => {
    const { counters } = await ran(machine([free(30, { region: 'text' })]));
    expect(counters).toMatchObject({ madvise_calls: 1, madvise_refused: 1 });
  });

  it('whatever and whenever it is, memory and reclaim keep their books', async () => {
    const call = fc.record({
      atNs: fc.integer({ min: 0, max: 50 }).map((ms) => ms * NS_PER_MS),
      everyNs: fc.constantFrom(0, 7 * NS_PER_MS),
      advice: fc.constantFrom(...MADVISE_ADVICE),
      region: fc.constantFrom('busy', 'buffer', 'heap'),
      offset: fc.nat(3).map((pages) => pages * PAGE_BYTES),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(call, { minLength: 1, maxLength: 6 }),
        fc.record({
          everyMs: fc.constantFrom(5, 20),
          writeRatio: fc.constantFrom(0, 0.5, 1),
          memoryMib: fc.constantFrom(5, 16),
          swapPages: fc.constantFrom(2048, 4096),
          seed: fc.nat(),
        }),
        fc.constantFrom('never' as const, 'madvise' as const, 'always' as const),
        async (calls, options, thp) => {
          const { counters } = await ran({ ...machine(calls, options), thp });
          expect(counters.pglazyfreed).toBeLessThanOrEqual(counters.pglazyfree);
        },
      ),
      { numRuns: 25 },
    );
  });
});
