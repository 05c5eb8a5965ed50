import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lru, LruLists } from './lru-lists.js';

const FRAMES = 12;
const nidOf = (pfn: number) => (pfn < FRAMES / 2 ? 0 : 1);
const make = () => new LruLists(FRAMES, 2, nidOf, 4);

/** The folios of a list, the one that has been longest there first. Empties it. */
function drain(lists: LruLists, nid: number, list: 0 | 1 | 2 | 3): number[] {
  const found: number[] = [];
  for (let pfn = lists.last(nid, list); pfn >= 0; pfn = lists.last(nid, list)) {
    found.push(pfn);
    lists.remove(pfn);
  }
  return found;
}

describe('LRU lists', () => {
  it('give the oldest first, and a folio that moves is the youngest', () => {
    const lists = make();
    for (const pfn of [0, 1, 2]) lists.add(pfn, { file: false, large: false });
    lists.rotate(0);
    lists.move(1, 'active');
    expect([lists.isActive(0), lists.isActive(1)]).toEqual([false, true]);
    expect(drain(lists, 0, Lru.inactiveAnon)).toEqual([2, 0]);
    expect(drain(lists, 0, Lru.activeAnon)).toEqual([1]);
  });

  it('count base pages, by node and kind', () => {
    const lists = make();
    lists.add(0, { file: false, large: true });
    lists.add(7, { file: true, large: false });
    lists.replace(0, 8);
    expect([0, 1].map((nid) => Object.values(Lru).map((list) => lists.pages(nid, list)))).toEqual([
      [0, 0, 0, 0],
      [4, 0, 1, 0],
    ]);
  });

  it('each group has lists of its own, and a folio stays in its group when it moves', () => {
    const lists = new LruLists(FRAMES, 2, nidOf, 4, { count: 2, of: (pfn) => pfn % 2 });
    for (const pfn of [0, 1, 3]) lists.add(pfn, { file: false, large: false });
    lists.replace(3, 6);
    lists.move(1, 'active');
    const at = (group: number, nid: number) => [Lru.inactiveAnon, Lru.activeAnon].map((list) => lists.pagesIn(group, nid, list));
    expect([at(0, 0), at(1, 0), at(0, 1), at(1, 1)]).toEqual([
      [1, 0],
      [0, 1],
      [0, 0],
      [1, 0],
    ]);
    expect([lists.pages(0, Lru.inactiveAnon), lists.last(0, Lru.inactiveAnon, 0), lists.last(1, Lru.inactiveAnon, 1)]).toEqual([1, 0, 6]);
    expect([lists.last(1, Lru.inactiveAnon, 0), lists.nrGroups]).toEqual([-1, 2]);
  });

  it('a folio that is on no list stays on none', () => {
    const lists = make();
    lists.move(3, 'active');
    lists.rotate(3);
    lists.replace(3, 4);
    expect([lists.has(3), lists.has(4), lists.remove(3)]).toEqual([false, false, false]);
  });

  it('do what arrays do', () => {
    const op = fc.record({ kind: fc.constantFrom('add', 'remove', 'rotate', 'active', 'inactive'), pfn: fc.nat(FRAMES - 1) });
    fc.assert(
      fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
        const lists = make();
        const model: number[][] = Array.from({ length: 8 }, () => []);
        const at = (pfn: number) => model.findIndex((list) => list.includes(pfn));
        const take = (pfn: number) => {
          const list = at(pfn);
          if (list >= 0) model[list] = model[list].filter((other) => other !== pfn);
          return list;
        };
        for (const { kind, pfn } of ops) {
          if (kind === 'add') {
            if (at(pfn) >= 0) continue;
            lists.add(pfn, { file: pfn % 2 === 1, large: false });
            model[4 * nidOf(pfn) + 2 * (pfn % 2)].push(pfn);
            continue;
          }
          const list = take(pfn);
          if (kind === 'remove') expect(lists.remove(pfn)).toBe(list >= 0);
          else if (kind === 'rotate') lists.rotate(pfn);
          else lists.move(pfn, kind as 'active' | 'inactive');
          if (list < 0 || kind === 'remove') continue;
          model[kind === 'rotate' ? list : (list & ~1) | Number(kind === 'active')].push(pfn);
        }
        for (const nid of [0, 1]) {
          for (const list of Object.values(Lru)) {
            expect(lists.pages(nid, list)).toBe(model[4 * nid + list].length);
            expect(drain(lists, nid, list)).toEqual(model[4 * nid + list]);
          }
        }
      }),
    );
  });
});
