import { PAGE_BYTES } from '@damonlab/base';
import { FolioFlag } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import { ActionLab, schemeOf } from './testing/action-lab.js';

const RANGE = [0, 64 * PAGE_BYTES] as const;

describe('pageout of physical memory', () => {
  it('takes out what is old, by the young filter that the kernel adds, and counts what went', () => {
    const lab = new ActionLab({ swap: 64 });
    lab.touch(0, 6);
    for (const page of [0, 1, 2]) lab.mark(page, { flags: FolioFlag.idle });
    lab.mark(2, { accessed: 1, flags: FolioFlag.idle });
    const scheme = schemeOf({ action: 'pageout' });
    // The last three were never looked at.
    const bytes = (pages: number) => ({ appliedBytes: pages * PAGE_BYTES, filterPassedBytes: pages * PAGE_BYTES });
    expect(lab.paddr.apply(scheme, 0, ...RANGE)).toEqual(bytes(2));
    expect(lab.nids().slice(0, 6)).toEqual([-1, -1, 0, 0, 0, 0]);
    expect(lab.paddr.apply(scheme, 0, ...RANGE)).toEqual(bytes(4));
  });

  it('leaves the decision to a young filter of the user', () => {
    const lab = new ActionLab({ swap: 64 });
    lab.touch(0, 2);
    lab.mark(0, { flags: FolioFlag.idle });
    const youngOnly = schemeOf({ action: 'pageout', filters: [{ type: 'young', matching: true, allow: true }] });
    expect(lab.paddr.apply(youngOnly, 0, ...RANGE).appliedBytes).toBe(PAGE_BYTES);
    expect(lab.nids().slice(0, 2)).toEqual([0, -1]);
  });

  it('counts what passed, and nothing applied, when swap space is full', () => {
    const lab = new ActionLab({ swap: 1 });
    lab.touch(0, 2);
    for (const page of [0, 1]) lab.mark(page, { flags: FolioFlag.idle });
    expect(lab.paddr.apply(schemeOf({ action: 'pageout' }), 0, ...RANGE)).toEqual({
      appliedBytes: PAGE_BYTES,
      filterPassedBytes: 2 * PAGE_BYTES,
    });
    expect(lab.memory.isActive(lab.data().firstPte + 1)).toBe(true);
  });
});

describe('lru_prio and lru_deprio', () => {
  const active = (lab: ActionLab) => [0, 1, 2].map((page) => lab.memory.isActive(lab.data().firstPte + page));
  const act = (lab: ActionLab, action: 'lru_prio' | 'lru_deprio', pages: number) =>
    lab.paddr.apply(schemeOf({ action }), 0, 0, pages * PAGE_BYTES).appliedBytes / PAGE_BYTES;

  it('7.3: activate and deactivate', () => {
    const lab = new ActionLab();
    lab.touch(0, 3);
    expect([act(lab, 'lru_prio', 2), active(lab)]).toEqual([2, [true, true, false]]);
    expect([act(lab, 'lru_deprio', 1), active(lab)]).toEqual([1, [false, true, false]]);
  });

  it('6.12: what is marked accessed twice becomes active', () => {
    const lab = new ActionLab({ kernel: '6.12' });
    lab.touch(0, 3);
    expect([act(lab, 'lru_prio', 2), active(lab)]).toEqual([2, [false, false, false]]);
    expect([act(lab, 'lru_prio', 2), active(lab)]).toEqual([2, [true, true, false]]);
  });

  it('the active filter sees the difference', () => {
    const lab = new ActionLab();
    lab.touch(0, 3);
    act(lab, 'lru_prio', 2);
    const scheme = schemeOf({ filters: [{ type: 'active', matching: true, allow: true }] });
    expect(lab.paddr.apply(scheme, 0, ...RANGE).filterPassedBytes).toBe(2 * PAGE_BYTES);
  });
});

describe('the page cache', () => {
  const unmapped = { type: 'unmapped', matching: true, allow: true } as const;
  const end = 4096 * PAGE_BYTES;

  it('moves to another node without a translation being dropped, and is still the page cache there', () => {
    const lab = new ActionLab({ pageCache: 6 });
    lab.touch(0, 4);
    const scheme = schemeOf({ action: 'migrate_cold', targetNid: 1, filters: [unmapped] });
    expect(lab.paddr.apply(scheme, 0, 0, end)).toEqual({ appliedBytes: 6 * PAGE_BYTES, filterPassedBytes: 6 * PAGE_BYTES });
    expect([lab.used(), lab.dropped, lab.nids().slice(0, 4)]).toEqual([[4, 6], [], [0, 0, 0, 0]]);
    expect(lab.paddr.apply(schemeOf({ filters: [unmapped] }), 0, end, 2 * end).filterPassedBytes).toBe(6 * PAGE_BYTES);
  });

  it('pageout: what nobody has looked at is young, then it goes, without swap space', () => {
    const lab = new ActionLab({ pageCache: 6, swap: 0 });
    lab.touch(0, 4);
    const pageout = schemeOf({ action: 'pageout' });
    expect([0, 1].map(() => lab.paddr.apply(pageout, 0, 0, end).appliedBytes)).toEqual([0, 6 * PAGE_BYTES]);
    expect([lab.used(), lab.dropped]).toEqual([[4, 0], []]);
  });

  it('pageout of what is unmapped: the first filter decides, the young one comes last', () => {
    const lab = new ActionLab({ pageCache: 6, swap: 0 });
    const applied = lab.paddr.apply(schemeOf({ action: 'pageout', filters: [unmapped] }), 0, 0, end).appliedBytes;
    expect([applied, lab.used()]).toEqual([6 * PAGE_BYTES, [0, 0]]);
  });
});
