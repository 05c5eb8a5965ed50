import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TlbConfig } from './config.js';
import { tlbs } from './testing/arbitraries.js';
import { ReferenceTlb } from './testing/reference-tlb.js';
import { Tlb } from './tlb.js';
import { TlbArray } from './tlb-array.js';

const PAGES = 40;
const finite = (entries: number, ways: number, asids = 6): TlbConfig & { kind: 'finite' } => ({
  kind: 'finite',
  entries,
  ways,
  hugeEntries: 4,
  hugeWays: 2,
  asids,
});

/** As a CPU uses an array: true for a hit, else the translation is put in. */
function access(array: TlbArray, page: number, write: boolean): boolean {
  if (array.hit(page, write ? 1 : 0)) return true;
  array.fill(page, write ? 1 : 0);
  return false;
}

const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ page: fc.nat({ max: PAGES - 1 }), write: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant('flush' as const) },
  { weight: 1, arbitrary: fc.constant('age' as const) },
  { weight: 1, arbitrary: fc.record({ from: fc.nat({ max: PAGES }), count: fc.nat({ max: 5 }) }) },
);

const OLD = 2 ** 30;
const DROPPED = 2 ** 31 - 2;

/** Make an array as old as one that must count from the start again: stamps and counters move together. */
function makeOld(array: TlbArray): void {
  const by = OLD + 1 - Math.max(...array.inserted);
  if (by <= 0 || array.push === 0) return;
  for (let set = 0; set < array.inserted.length; set++) array.inserted[set] += by;
  for (let page = 0; page < array.stamp.length; page++) {
    if (array.stamp[page] !== 0 && array.stamp[page] !== DROPPED) array.stamp[page] += by;
  }
}

describe('TlbArray', () => {
  const config = tlbs.filter((tlb) => tlb.kind !== 'off');

  it('remembers through all ages that a page was dropped, until it comes back', () => {
    const array = new TlbArray(PAGES, { sets: 2, ways: 2, pushes: true });
    access(array, 3, true);
    array.flushRange(3, 4);
    for (let age = 0; age < 5; age++) {
      makeOld(array);
      array.makeRoom();
      expect([array.hit(3, 0), array.inserted[1] - array.stamp[3] < 0]).toEqual([false, true]);
    }
    expect([access(array, 3, false), access(array, 3, false)]).toEqual([false, true]);
  });

  it('is a set-associative TLB, first in first out, also when its counters near their end', () => {
    fc.assert(
      fc.property(config, fc.array(step, { maxLength: 200 }), (tlb, steps) => {
        const real = new Tlb(tlb, PAGES, 1).small;
        const reference = new ReferenceTlb(tlb).small;
        for (const s of steps) {
          if (s === 'flush') {
            real.flush();
            reference.flush();
          } else if (s === 'age') {
            makeOld(real);
            real.makeRoom();
          } else if ('from' in s) {
            real.flushRange(s.from, Math.min(PAGES, s.from + s.count));
            reference.forget(s.from, s.from + s.count);
          } else expect(access(real, s.page, s.write)).toBe(reference.access(s.page, s.write));
          expect(real.residents(0, PAGES)).toEqual(reference.residents());
        }
      }),
    );
  });

  it('counts from the start again before it overflows and keeps pages, ages and dirty bits', () => {
    const array = new Tlb(finite(8, 2), PAGES, 1).small;
    for (const page of [0, 4, 8, 5, 9, 2]) access(array, page, page % 3 === 2);
    const before = array.residents(0, PAGES);
    expect(before.length).toBeGreaterThan(4);
    makeOld(array);
    expect(array.residents(0, PAGES)).toEqual(before);
    expect(Math.max(...array.inserted)).toBe(OLD + 1);
    array.makeRoom();
    expect(array.residents(0, PAGES)).toEqual(before);
    expect(Math.max(...array.inserted)).toBeLessThan(100);
  });

  it('forgets one page', () => {
    const array = new Tlb(finite(8, 2), PAGES, 1).small;
    access(array, 0, false);
    access(array, 4, false);
    array.invalidate(0);
    expect(array.hit(0, 0)).toBe(false);
    expect(array.hit(4, 0)).toBe(true);
  });

  it('walks again for the first write to a page that was only read, once', () => {
    const array = new Tlb(finite(8, 2), PAGES, 1).small;
    expect([false, false, true, true, false].map((write) => access(array, 7, write))).toEqual([false, true, false, true, true]);
  });

  it.each([
    [12, 5],
    [24, 2],
    [1, 2],
    [0, 4],
  ])('%d entries in %d ways are refused', (entries, ways) => {
    expect(() => new Tlb(finite(entries, ways), PAGES, 1)).toThrow(/tlb\.entries: impossible TLB geometry/);
    expect(() => new Tlb({ ...finite(8, 2), hugeEntries: entries, hugeWays: ways }, PAGES, 1)).toThrow(/tlb\.huge_entries/);
  });
});

describe('Tlb: address spaces', () => {
  /** Space `id` owns pages [10 * id, 10 * id + 10). Switch through `order`; after each switch the space's one page is accessed. */
  function hits(asids: number, order: readonly number[], kind: 'finite' | 'infinite' = 'finite'): boolean[] {
    const tlb = new Tlb(kind === 'finite' ? finite(64, 16, asids) : { kind, asids }, 100, 2);
    return order.map((id) => {
      tlb.switchTo(id, (old) => tlb.small.flushRange(10 * old, 10 * old + 10));
      return access(tlb.small, 10 * id, false);
    });
  }

  it.each([
    ['no ASIDs: every switch flushes', 0, [0, 1, 0, 0, 1], [false, false, false, true, false]],
    ['one ASID holds nothing but the present space', 1, [0, 1, 0, 1, 1], [false, false, false, false, true]],
    ['two ASIDs hold two spaces', 2, [0, 1, 0, 1, 0], [false, false, true, true, true]],
    ['the space used longest ago goes first', 2, [0, 1, 0, 2, 0, 1], [false, false, true, false, true, false]],
    ['six spaces fit', 6, [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5], [...Array(6).fill(false), ...Array(6).fill(true)]],
    ['seven do not', 6, [0, 1, 2, 3, 4, 5, 6, 0], Array(8).fill(false)],
  ] as const)('%s', (_, asids, order, expected) => {
    expect(hits(asids, order)).toEqual(expected);
    expect(hits(asids, order, 'infinite')).toEqual(expected);
  });
});
