import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { ActionLab, schemeOf } from './testing/action-lab.js';

const HOT = { action: 'migrate_hot', targetNid: 1 } as const;
const DESTS = {
  action: 'migrate_cold',
  dests: [
    { nid: 0, weight: 2 },
    { nid: 1, weight: 1 },
  ],
} as const;
const MIB_2 = PTES_PER_PMD * PAGE_BYTES;

describe('migration of address spaces', () => {
  it('moves what is mapped in the region, and counts only that', () => {
    const lab = new ActionLab();
    lab.touch(0, 10);
    const { start, firstPte } = lab.data();
    const outcome = lab.vaddr.apply(schemeOf(HOT), 0, start + 4 * PAGE_BYTES, start + 20 * PAGE_BYTES);
    expect(outcome).toEqual({ appliedBytes: 6 * PAGE_BYTES, filterPassedBytes: 0 });
    expect(lab.nids().slice(0, 11)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, -1]);
    expect(lab.used()).toEqual([4, 6]);
    expect(lab.dropped).toEqual([4, 5, 6, 7, 8, 9].map((page) => [firstPte + page, firstPte + page + 1]));
    expect(lab.spentNs).toBe(16 * 10 + 6 * 1_000);
    expect(lab.memory.counters).toMatchObject({ pgmigrate_success: 6, pgmigrate_fail: 0 });
  });

  it('with weighted destinations sends a page where weighted interleaving would have put it, and later leaves it there', () => {
    const lab = new ActionLab({ data: [9] });
    lab.touch(0, 9);
    const { start, end } = lab.data();
    const first = start / PAGE_BYTES;
    const scheme = schemeOf(DESTS);
    expect(lab.vaddr.apply(scheme, 0, start, end).appliedBytes).toBe(3 * PAGE_BYTES);
    expect(lab.nids()).toEqual(Array.from({ length: 9 }, (_, i) => ((first + i) % 3 === 2 ? 1 : 0)));
    expect(lab.vaddr.apply(scheme, 0, start, end).appliedBytes).toBe(0);
  });

  it('with weights of 0, or to a node that is not there, moves nothing', () => {
    const lab = new ActionLab();
    lab.touch(0, 8);
    const { start, end } = lab.data();
    for (const changes of [
      { ...DESTS, dests: [{ nid: 1, weight: 0 }] },
      { ...HOT, targetNid: -1 },
      { ...HOT, targetNid: 7 },
    ]) {
      expect(lab.vaddr.apply(schemeOf(changes), 0, start, end).appliedBytes).toBe(0);
    }
    expect(lab.used()).toEqual([8, 0]);
  });

  it('takes a huge page whole, once, and by its own number', () => {
    const lab = new ActionLab({ thp: 'always', data: [3 * PTES_PER_PMD] });
    lab.touch(0, 3 * PTES_PER_PMD);
    const { start, end } = lab.data();
    // From the middle of the first to the middle of the second.
    expect(lab.vaddr.apply(schemeOf(HOT), 0, start + PAGE_BYTES, start + MIB_2 + PAGE_BYTES).appliedBytes).toBe(2 * MIB_2);
    expect([0, 512, 1024].map((page) => lab.nids()[page])).toEqual([1, 1, 0]);
    lab.vaddr.apply(schemeOf(DESTS), 0, start, end);
    const first = start / MIB_2;
    expect([0, 512, 1024].map((page) => lab.nids()[page])).toEqual([0, 1, 2].map((i) => ((first + i) % 3 === 2 ? 1 : 0)));
  });

  it('stops at the least watermark of the target node', () => {
    const lab = new ActionLab({ nodes: [4096, 64], data: [80] });
    lab.touch(0, 80);
    const { start, end } = lab.data();
    const { appliedBytes } = lab.vaddr.apply(schemeOf(HOT), 0, start, end);
    const { min } = lab.memory.watermarks[1];
    expect(appliedBytes).toBe((64 - min) * PAGE_BYTES);
    expect(lab.memory.counters.pgmigrate_fail).toBe(80 - (64 - min));
  });

  it('leaves out a page that is on no LRU list yet', () => {
    const lab = new ActionLab();
    lab.touch(0, 2);
    const { start, end, firstPte } = lab.data();
    lab.memory.lruAdd.add(0, firstPte);
    expect(lab.vaddr.apply(schemeOf(HOT), 0, start, end).appliedBytes).toBe(PAGE_BYTES);
    expect(lab.nids().slice(0, 2)).toEqual([0, 1]);
  });
});

describe('migration of physical memory', () => {
  it('moves what lies in the frames of the region, whoever maps it', () => {
    const lab = new ActionLab({ data: [8, 8] });
    lab.touch(0, 8, { id: 0 });
    lab.touch(0, 8, { id: 1 });
    const outcome = lab.paddr.apply(schemeOf(HOT), 0, 4 * PAGE_BYTES, 100 * PAGE_BYTES);
    expect(outcome).toEqual({ appliedBytes: 12 * PAGE_BYTES, filterPassedBytes: 12 * PAGE_BYTES });
    expect([lab.nids(0), lab.nids(1)]).toEqual([[0, 0, 0, 0, 1, 1, 1, 1], new Array(8).fill(1)]);
  });

  it('knows only a target node, no destinations', () => {
    const lab = new ActionLab();
    lab.touch(0, 8);
    expect(lab.paddr.apply(schemeOf({ ...DESTS, targetNid: -1 }), 0, 0, 8 * PAGE_BYTES).appliedBytes).toBe(0);
    expect(lab.paddr.apply(schemeOf({ ...DESTS, targetNid: 1 }), 0, 0, 8 * PAGE_BYTES).appliedBytes).toBe(8 * PAGE_BYTES);
  });

  it('does not take a huge page twice that lies across the border of two regions of a round', () => {
    const lab = new ActionLab({ thp: 'always', data: [PTES_PER_PMD] });
    lab.touch(0, PTES_PER_PMD);
    const stat = schemeOf({ filters: [{ type: 'anon', matching: true, allow: true }] });
    const passed = () => [0, 1].map((i) => lab.paddr.apply(stat, 0, (i * MIB_2) / 2, ((i + 1) * MIB_2) / 2).filterPassedBytes);
    expect(passed()).toEqual([MIB_2, 0]);
    stat.nextApplySis++;
    expect(passed()).toEqual([MIB_2, 0]);
  });

  it('knows how much of a range lies on a node', () => {
    const lab = new ActionLab({ nodes: [16, 16], data: [24] });
    lab.touch(0, 8);
    lab.touch(8, 12, { nid: 1 });
    expect(lab.paddr.residentBytes(0, 0, 32 * PAGE_BYTES, 1)).toEqual({ total: 12 * PAGE_BYTES, onNode: 4 * PAGE_BYTES });
  });
});
