import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TlbConfig } from './config.js';
import { histories, setups } from './testing/arbitraries.js';
import { Rig, type Round, type Run, type Setup } from './testing/rig.js';

/** Both sides make the same history; `Rig` compares everything after every call. */
function play(setup: Setup, premapped: readonly { every: number; nid: number }[], history: readonly (Run | Round)[]): Rig {
  const rig = new Rig(setup);
  for (const { every, nid } of premapped) rig.premap(every, nid);
  for (const step of history) {
    if ('access' in step) rig.run(step);
    else rig.round(step);
  }
  return rig;
}

const premaps = fc.array(fc.record({ every: fc.constantFrom(1, 1, 2, 7, 600), nid: fc.nat({ max: 1 }) }), { maxLength: 2 });

describe('the fast paths leave exactly what single accesses leave', () => {
  it('base pages: any mix of batches, cut anywhere', () => {
    const property = fc.property(setups('never'), premaps, histories, (setup, premapped, history) => void play(setup, premapped, history));
    fc.assert(property, { numRuns: 400 });
  });

  it('huge pages', () => {
    const property = fc.property(setups('always'), premaps, histories, (setup, premapped, history) => void play(setup, premapped, history));
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
  const round: Round = { clearEvery: 3, clearFrom: 1, takeTouched: true };

  it.each([1000, 1536, 2500])('%d pages', (pages) => {
    const sequence: Run = { ...run, access: { kind: 'sequence', stride: 4096, bytes: pages * 4096 - 1, offset: 0 } };
    const random: Run = { ...run, access: { kind: 'pages', list: 0, begin: 0, length: 2 ** 20 - 1, cursor: 17 } };
    const setup: Setup = { tlb, thp: 'never', spaces: [[{ pages, headerBytes: 0 }]], lists: [pool] };
    const rig = play(setup, [], [sequence, round, random, sequence, { ...random, write: false }, round, random]);
    expect(rig.core.accesses).toBe(5 * 9_000);
    if (pages <= 1536) expect(rig.core.tlbMisses).toBe(pages);
    else expect(rig.core.tlbMisses).toBeGreaterThan(20_000);
  });
});

describe('random accesses to a steady region', () => {
  const list = Array.from({ length: 300 }, (_, i) => (i * 7) % 20);
  const run: Run = {
    space: 0,
    region: 0,
    write: false,
    accesses: 3_000,
    computePs: 1_000,
    limits: [1e9],
    between: null,
    access: { kind: 'pages', list: 0, begin: 0, length: 2 ** 20 - 1, cursor: 0 },
  };

  // The list draws pages 0 to 19: with 21 pages the last one is the exception, with 22 the region is never steady.
  it.each([
    [20, true],
    [21, true],
    [22, false],
  ])('%d pages, of which 20 are drawn: skipped %s', (pages, expected) => {
    const rig = new Rig({ tlb: { kind: 'off' }, thp: 'never', spaces: [[{ pages, headerBytes: 0 }]], lists: [list] });
    let skipped = 0;
    const note = rig.steady.skipped.bind(rig.steady);
    rig.steady.skipped = (accesses) => {
      skipped += accesses;
      note(accesses);
    };
    rig.premap(1, 0);
    for (let i = 0; i < 10; i++) rig.run(run);
    expect(skipped > 0).toBe(expected);
    const before = skipped;
    rig.round({ clearEvery: 1, clearFrom: 0, takeTouched: true });
    rig.run(run);
    expect(skipped).toBe(before);
  });
});
