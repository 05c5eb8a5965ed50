import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TlbConfig } from './config.js';
import { calmHistories, calmSetups, histories, setups } from './testing/arbitraries.js';
import { Rig, type Round, type Run, type Setup } from './testing/rig.js';

/** Both sides make the same history; `Rig` compares everything after every call. */
function play(rig: Rig, premapped: readonly { every: number; nid: number }[], history: readonly (Run | Round)[]): void {
  for (const { every, nid } of premapped) rig.premap(every, nid);
  for (const step of history) {
    if ('access' in step) rig.run(step);
    else rig.round(step);
  }
}

const premaps = fc.array(fc.record({ every: fc.constantFrom(1, 1, 2, 7, 600), nid: fc.nat({ max: 1 }) }), { maxLength: 2 });

describe('the fast paths leave exactly what single accesses leave', () => {
  it('base pages: any mix of batches, cut anywhere', () => {
    const property = fc.property(setups('never'), premaps, histories, (setup, premapped, history) =>
      play(new Rig(setup), premapped, history),
    );
    fc.assert(property, { numRuns: 400 });
  });

  it('huge pages', () => {
    const property = fc.property(setups('always'), premaps, histories, (setup, premapped, history) =>
      play(new Rig(setup), premapped, history),
    );
    fc.assert(property, { numRuns: 150 });
  });
});

describe('a TLB of 1536 entries in 12 ways', () => {
  const tlb: TlbConfig = { kind: 'finite', entries: 1536, ways: 12, hugeEntries: 1536, hugeWays: 12, asids: 6 };
  const pool = Array.from({ length: 4096 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 1e6));
  const run: Omit<Run, 'access'> = {
    space: 0,
    region: 0,
    write: true,
    accesses: 9_000,
    computePs: 500,
    limits: [4_000, 1e9],
    between: null,
  };
  const round: Round = { clearEvery: 3, clearFrom: 1, takeTouched: true, moveEvery: 0 };

  it.each([1000, 1536, 2500])('%d pages', (pages) => {
    const sequence: Run = { ...run, access: { kind: 'sequence', stride: 4096, bytes: pages * 4096, offset: 0 } };
    const random: Run = { ...run, access: { kind: 'pages', list: 0, begin: 0, length: 2 ** 20, cursor: 17 } };
    const setup: Setup = { tlb, thp: 'never', spaces: [[{ pages, headerBytes: 0 }]], lists: [pool] };
    const rig = new Rig(setup);
    play(rig, [], [sequence, round, random, sequence, { ...random, write: false }, round, random]);
    expect(rig.core.accesses).toBe(5 * 9_000);
    if (pages <= 1536) expect(rig.core.tlbMisses).toBe(pages);
    else expect(rig.core.tlbMisses).toBeGreaterThan(20_000);
  });
});

describe('random accesses to a steady region', () => {
  /** Counts accesses that were skipped because nothing could change. */
  function countSkipped(rig: Rig): { skipped: number } {
    const seen = { skipped: 0 };
    const note = rig.steady.skipped.bind(rig.steady);
    rig.steady.skipped = (accesses) => {
      seen.skipped += accesses;
      note(accesses);
    };
    return seen;
  }

  it('are skipped only while they change nothing', () => {
    let skipped = 0;
    const property = fc.property(calmSetups, fc.nat({ max: 1 }), calmHistories, (setup, nid, history) => {
      const rig = new Rig(setup);
      const seen = countSkipped(rig);
      play(rig, [{ every: 1, nid }], history);
      skipped += seen.skipped;
    });
    fc.assert(property, { numRuns: 400 });
    expect(skipped).toBeGreaterThan(2_000);
  });

  const once = { space: 0, region: 0, write: false, computePs: 1_000, limits: [1e9], between: null };
  const draws = { kind: 'pages', list: 0, begin: 0, length: 2 ** 20, cursor: 0 } as const;
  const steps = (stride: number) => ({ kind: 'sequence', stride, bytes: 2 ** 30, offset: 0 }) as const;
  const everything: Round = { clearEvery: 1, clearFrom: 0, takeTouched: true, moveEvery: 0 };

  // The list draws pages 0 to 19: with 21 pages the last one is the exception, with 22 the region is never steady.
  it.each([
    [20, true],
    [21, true],
    [22, false],
  ])('%d pages, of which 20 are drawn: skipped %s', (pages, expected) => {
    const list = Array.from({ length: 300 }, (_, i) => (i * 7) % 20);
    const rig = new Rig({ tlb: { kind: 'off' }, thp: 'never', spaces: [[{ pages, headerBytes: 0 }]], lists: [list] });
    const seen = countSkipped(rig);
    rig.premap(1, 0);
    for (let i = 0; i < 10; i++) rig.run({ ...once, accesses: 3_000, access: draws });
    expect(seen.skipped > 0).toBe(expected);
    const before = seen.skipped;
    rig.round(everything);
    rig.run({ ...once, accesses: 3_000, access: draws });
    expect(seen.skipped).toBe(before);
  });

  const small: TlbConfig = { kind: 'finite', entries: 16, ways: 16, hugeEntries: 1, hugeWays: 1, asids: 0 };
  const machines: readonly Setup[] = (['never', 'always'] as const).flatMap((thp) => {
    const pages = thp === 'never' ? 12 : 512;
    const regions = [pages, pages].map((n) => ({ pages: n, headerBytes: 0 }));
    const lists = [Array.from({ length: 20 * pages }, (_, i) => (7 * i) % pages)];
    return ([small, { kind: 'off' }] as const).map((tlb) => ({ tlb, thp, spaces: [regions, regions], lists }));
  });
  const disturbances: Readonly<Record<string, Run | Round>> = {
    'a look at each page of another region': { ...once, region: 1, accesses: 512, access: steps(4096) },
    'a sequence in another region': { ...once, region: 1, write: true, accesses: 1_000, access: steps(512) },
    'a few pages of another region': { ...once, region: 1, accesses: 20, access: { ...draws, length: 15 } },
    'random accesses to another region': { ...once, region: 1, accesses: 2_000, access: draws },
    'the first write to it': { ...once, write: true, accesses: 3, access: steps(4096) },
    'another address space that makes no access': { ...once, space: 1, accesses: 0, access: steps(4096) },
    'a round in which Accessed bits are cleared': everything,
    'a round in which pages move': { ...everything, clearFrom: 5, moveEvery: 2 },
  };

  for (const machine of machines) {
    it.each(Object.keys(disturbances))(`is never taken for steady after %s (${machine.tlb.kind} TLB, THP ${machine.thp})`, (name) => {
      for (const write of [false, true]) {
        const rig = new Rig(machine);
        const seen = countSkipped(rig);
        rig.premap(1, 0);
        const calm: Run = { ...once, write, accesses: 15 * (machine.lists[0].length / 20), access: draws };
        // The other way round first: a region that is steady for reading is not for writing.
        for (let i = 0; i < 9; i++) rig.run({ ...calm, write: false });
        for (let i = 0; i < 9; i++) rig.run(calm);
        expect(seen.skipped).toBeGreaterThan(0);
        play(rig, [], [disturbances[name], calm, { ...calm, write: !write }, disturbances[name], calm, calm, calm]);
      }
    });
  }

  const thrashing: TlbConfig = { kind: 'finite', entries: 16, ways: 4, hugeEntries: 4, hugeWays: 4, asids: 1 };
  it.each([
    ['random', thrashing],
    ['random', { kind: 'off' }],
    ['sequence', thrashing],
    ['sequence', { kind: 'off' }],
  ] as const)('a page that this CPU has restored for itself stops its loops no more (%s, %j)', (kind, tlb) => {
    const pages = 100;
    const list = Array.from({ length: 4_000 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 1e6) % pages);
    const rig = new Rig({ tlb, thp: 'never', spaces: [[{ pages, headerBytes: 0 }]], lists: [list] });
    rig.premap(1, 0);
    const run: Run = { ...once, write: true, accesses: 4_000, access: kind === 'random' ? draws : steps(4096) };
    rig.run(run);
    rig.round({ ...everything, armEvery: 1 });
    let alone = 0;
    const access = rig.core.access.bind(rig.core);
    rig.core.access = (pte, write, time) => {
      alone++;
      return access(pte, write, time);
    };
    rig.run(run);
    expect(rig.core.hintFaults).toBe(pages);
    // Near the limit and near a fault accesses are made one by one, too.
    expect(alone).toBeLessThan(3 * pages);
  });

  it('what a round had room for is not believed in the next: huge pages that were promised and not given', () => {
    // Node 0 has three huge pages for the four that are touched.
    const regions = [1024, 1024].map((pages) => ({ pages, headerBytes: 0 }));
    const rig = new Rig({ tlb: { kind: 'infinite', asids: 1 }, thp: 'always', spaces: [regions], lists: [[0]] });
    const sweep = (region: number): Run => ({ ...once, region, accesses: 1024, access: steps(4096) });
    play(rig, [], [sweep(0), sweep(1), everything, sweep(1)]);
    expect(rig.core.pageFaults).toBe(4 + 511);
  });
});
