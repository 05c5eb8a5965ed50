import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import type { SchemeConfig } from '@damonlab/damos';
import { FolioFlag, Mark, Pte } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import { ActionLab, type LabOptions, schemeOf } from './testing/action-lab.js';

const MIB_2 = PTES_PER_PMD * PAGE_BYTES;

/** A lab of which pages [0, pages) are there, and what madvise by a scheme does to a range of its data. */
function lab(pages: number, options: LabOptions = {}, swap = true) {
  const made = new ActionLab({ ...(swap ? { swap: 4096 } : {}), ...options });
  made.touch(0, pages);
  const { start } = made.data();
  const advise = (action: SchemeConfig['action'], from: number, to: number) =>
    made.vaddr.apply(schemeOf({ action }), 0, start + from * PAGE_BYTES, start + to * PAGE_BYTES).appliedBytes / PAGE_BYTES;
  const huge = (page: number) => ((made.memory.image.pteFlags[made.data().firstPte + page] ?? 0) & Pte.huge) !== 0;
  return { lab: made, advise, huge };
}

describe('pageout', () => {
  it('takes all of the region out, accessed or not, and says that it did', () => {
    const { lab: it, advise } = lab(8);
    it.mark(2, { accessed: 1, flags: FolioFlag.young });
    expect(advise('pageout', 0, 16)).toBe(16);
    expect(it.nids().every((nid) => nid === -1)).toBe(true);
    expect([it.used(), it.memory.reclaim?.isOut(it.data().firstPte + 2)]).toEqual([[0, 0], true]);
  });

  it('without swap space takes nothing out, and says that it did', () => {
    const { lab: made, advise } = lab(8, {}, false);
    expect(advise('pageout', 0, 8)).toBe(8);
    expect(made.used()).toEqual([8, 0]);
    expect(made.memory.isActive(made.data().firstPte)).toBe(true);
  });

  it('splits a huge page that reaches beyond the region', () => {
    const { lab: made, advise, huge } = lab(2 * PTES_PER_PMD, { thp: 'always', data: [2 * PTES_PER_PMD] });
    advise('pageout', 0, PTES_PER_PMD + 8);
    expect([made.nids()[0], made.nids()[PTES_PER_PMD + 7], made.nids()[PTES_PER_PMD + 8]]).toEqual([-1, -1, 0]);
    expect([huge(PTES_PER_PMD + 8), made.used()]).toEqual([false, [PTES_PER_PMD - 8, 0]]);
    expect(made.memory.counters.thp_split_page).toBe(1);
  });
});

describe('cold', () => {
  it('forgets accesses and makes inactive', () => {
    const { lab: made, advise } = lab(4);
    const { firstPte } = made.data();
    for (let page = 0; page < 4; page++) made.memory.lru?.move(made.memory.headOf(firstPte + page), 'active');
    made.mark(1, { accessed: 1, flags: FolioFlag.young | FolioFlag.idle });
    expect(advise('cold', 0, 2)).toBe(2);
    expect([0, 1, 2].map((page) => made.memory.isActive(firstPte + page))).toEqual([false, false, true]);
    const at = 4 * (firstPte + 1);
    expect([made.memory.image.marks8[at + Mark.accessed], made.memory.image.marks8[at + Mark.folio]]).toEqual([0, FolioFlag.idle]);
    expect(made.memory.counters.pgdeactivate).toBe(2);
  });
});

describe('willneed', () => {
  it('brings back what is out, so that no fault is needed', () => {
    const { lab: made, advise } = lab(8);
    advise('pageout', 0, 8);
    expect(advise('willneed', 2, 4)).toBe(2);
    expect(made.nids().slice(0, 5)).toEqual([-1, -1, 0, 0, -1]);
    made.touch(2, 4);
    expect(made.memory.reclaim?.isOut(made.data().firstPte + 2)).toBe(false);
  });
});

describe('a region across a gap', () => {
  it('counts as not done, though what is mapped of it was advised', () => {
    const made = new ActionLab({ swap: 64 });
    made.touch(0, 64);
    const { start, end } = made.data();
    const scheme = schemeOf({ action: 'pageout' });
    expect(made.vaddr.apply(scheme, 0, start - 64 * PAGE_BYTES, end).appliedBytes).toBe(0);
    expect(made.used()).toEqual([0, 0]);
  });
});

describe('huge pages', () => {
  it('collapse makes one of base pages, on the node that has most of them', () => {
    const { lab: made, advise, huge } = lab(200, { thp: 'madvise', data: [PTES_PER_PMD] });
    made.touch(200, 500, { nid: 1 });
    advise('pageout', 0, 10);
    expect(advise('collapse', 0, PTES_PER_PMD)).toBe(PTES_PER_PMD);
    expect([huge(0), made.nids()[0], made.used()]).toEqual([true, 1, [0, PTES_PER_PMD]]);
    expect(made.memory.reclaim?.isOut(made.data().firstPte)).toBe(false);
    expect(made.memory.rssPages({ id: 0 } as never)).toBe(PTES_PER_PMD);
    // Once more: it is one already.
    expect(advise('collapse', 0, PTES_PER_PMD)).toBe(PTES_PER_PMD);
    expect(made.memory.counters.thp_collapse_alloc).toBe(1);
  });

  it('collapse of what nobody touched fails', () => {
    const { advise } = lab(0, { data: [PTES_PER_PMD] });
    expect(advise('collapse', 0, PTES_PER_PMD)).toBe(0);
  });

  it('hugepage and nohugepage decide what the next first touch maps', () => {
    const { lab: made, advise, huge } = lab(0, { thp: 'madvise', data: [3 * PTES_PER_PMD] });
    advise('hugepage', 0, 3 * PTES_PER_PMD);
    // A cut at the middle of the second 2 MiB makes two mappings of it.
    advise('nohugepage', PTES_PER_PMD + 100, 2 * PTES_PER_PMD);
    for (const page of [0, PTES_PER_PMD, 2 * PTES_PER_PMD]) made.touch(page, page + 1);
    expect([huge(0), huge(PTES_PER_PMD), huge(2 * PTES_PER_PMD)]).toEqual([true, false, true]);
    expect(made.used()).toEqual([2 * PTES_PER_PMD + 1, 0]);
  });

  it('of a part are not made: 2 MiB that were taken out stay base pages', () => {
    const { lab: made, advise, huge } = lab(PTES_PER_PMD, { thp: 'always', data: [PTES_PER_PMD] });
    expect(huge(0)).toBe(true);
    advise('pageout', 0, PTES_PER_PMD);
    made.touch(0, 1);
    expect([huge(0), made.used()]).toEqual([false, [1, 0]]);
  });
});

describe('free, which only processes do', () => {
  const free = (made: ActionLab, from: number, to: number) => {
    const { start } = made.data();
    return made.madvise.do('free', made.spaces[0], start + from * PAGE_BYTES, start + to * PAGE_BYTES);
  };
  const lazy = (made: ActionLab, page: number) => made.memory.lru?.isFile(made.memory.headOf(made.data().firstPte + page));

  it('gives up what is there and splits a huge page that reaches beyond the range; the rest stays as it was', () => {
    const { lab: made, huge } = lab(2 * PTES_PER_PMD, { thp: 'always', data: [2 * PTES_PER_PMD] });
    for (let page = 0; page < 2 * PTES_PER_PMD; page++) made.write(page);
    expect(free(made, 0, PTES_PER_PMD + 8)).toBe(true);
    expect([huge(0), huge(PTES_PER_PMD)]).toEqual([true, false]);
    expect([0, PTES_PER_PMD + 7, PTES_PER_PMD + 8].map((page) => lazy(made, page))).toEqual([true, true, false]);
    expect(made.memory.reclaim).toMatchObject({ counters: { pglazyfree: PTES_PER_PMD + 8 } });
    expect(made.dropped).toContainEqual([made.data().firstPte, made.data().firstPte + PTES_PER_PMD]);
  });

  it('of a part of what was given up whole leaves all of it given up; huge pages are dropped whole', () => {
    const { lab: made, huge, advise } = lab(2 * PTES_PER_PMD, { thp: 'always', data: [2 * PTES_PER_PMD] });
    free(made, 0, 2 * PTES_PER_PMD);
    free(made, 0, 8);
    expect([huge(0), lazy(made, 100), lazy(made, PTES_PER_PMD)]).toEqual([false, true, true]);
    advise('pageout', 0, 2 * PTES_PER_PMD);
    expect(made.used()).toEqual([0, 0]);
    expect(made.memory.reclaim).toMatchObject({ counters: { pglazyfreed: 2 * PTES_PER_PMD, pswpout: 0 }, freeSwap: 4096 });
  });

  it('a huge page that is made of given-up ones is an ordinary one', () => {
    const { lab: made, advise } = lab(PTES_PER_PMD, { thp: 'madvise', data: [PTES_PER_PMD] });
    free(made, 0, PTES_PER_PMD);
    advise('collapse', 0, PTES_PER_PMD);
    expect(lazy(made, 0)).toBe(false);
  });

  it('is refused for program text', () => {
    const made = new ActionLab({ swap: 64 });
    const text = made.spaces[0].regions.find(({ role }) => role === 'text');
    expect(made.madvise.do('free', made.spaces[0], text?.start ?? 0, text?.end ?? 0)).toBe(false);
  });
});

it('advice costs the kdamond a look at each folio and the pages that it moves', () => {
  const { lab: made, advise } = lab(8);
  advise('pageout', 0, 8);
  expect(made.spentNs).toBe(8 * 10 + 8 * 2_000);
  expect(made.dropped.length).toBeGreaterThanOrEqual(8);
  expect(MIB_2).toBe(2 ** 21);
});
