import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import type { OpsFilter } from '@damonlab/damos';
import { FolioFlag } from '@damonlab/mm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActionLab, schemeOf } from './testing/action-lab.js';

const MIB_2 = PTES_PER_PMD * PAGE_BYTES;
const rule = { matching: true, allow: true };
const youngOnly: OpsFilter = { type: 'young', ...rule };

/** Bytes of `[0, end)` of physical memory that the filters let through. */
function passed(lab: ActionLab, filters: readonly OpsFilter[], verdict: 'accept' | 'allow' = 'accept', end = 64 * PAGE_BYTES): number {
  return lab.paddr.apply(schemeOf({ filters }, verdict), 0, 0, end).filterPassedBytes;
}

describe('filters of the ops layer', () => {
  it('anon: what is no file', () => {
    const lab = new ActionLab();
    const [text] = lab.spaces[0].vmas;
    lab.memory.handleFault(lab.spaces[0], text, text.firstPte, 0);
    lab.touch(0, 5);
    expect(passed(lab, [{ type: 'anon', ...rule }])).toBe(5 * PAGE_BYTES);
    expect(passed(lab, [{ type: 'anon', matching: false, allow: true }])).toBe(PAGE_BYTES);
  });

  it('memcg: the pages of the processes in that very group', () => {
    const lab = new ActionLab({ data: [8, 8], memcgs: ['/a', '/a/b'] });
    lab.touch(0, 3, { id: 0 });
    lab.touch(0, 4, { id: 1 });
    expect(passed(lab, [{ type: 'memcg', path: '/a', ...rule }])).toBe(3 * PAGE_BYTES);
    expect(passed(lab, [{ type: 'memcg', path: '/a', matching: true, allow: false }])).toBe(4 * PAGE_BYTES);
  });

  it('young: accessed, or never looked at; old from then on', () => {
    const lab = new ActionLab();
    lab.touch(0, 4);
    lab.mark(0, { accessed: 1, flags: FolioFlag.idle });
    lab.mark(1, { accessed: 0, flags: FolioFlag.idle });
    expect(passed(lab, [youngOnly])).toBe(3 * PAGE_BYTES);
    expect(passed(lab, [youngOnly])).toBe(0);
  });

  it('hugepage_size: bounds inclusive', () => {
    const lab = new ActionLab({ thp: 'always', data: [PTES_PER_PMD] });
    lab.touch(0, PTES_PER_PMD);
    const sizes = (minBytes: number, maxBytes: number): OpsFilter => ({ type: 'hugepage_size', minBytes, maxBytes, ...rule });
    expect(passed(lab, [sizes(MIB_2, MIB_2)])).toBe(MIB_2);
    expect(passed(lab, [sizes(PAGE_BYTES, MIB_2 - 1)])).toBe(0);
  });

  it('unmapped: the page cache, which no process has mapped', () => {
    const lab = new ActionLab({ pageCache: 5 });
    lab.touch(0, 4);
    expect(passed(lab, [{ type: 'unmapped', ...rule }])).toBe(5 * PAGE_BYTES);
    expect(passed(lab, [{ type: 'unmapped', matching: false, allow: true }])).toBe(4 * PAGE_BYTES);
    // It is the root's, no anonymous memory, and young until somebody looks.
    expect(passed(lab, [{ type: 'memcg', path: '/', ...rule }])).toBe(9 * PAGE_BYTES);
    expect(passed(lab, [{ type: 'anon', matching: false, allow: true }])).toBe(5 * PAGE_BYTES);
    expect([0, 1].map(() => passed(lab, [youngOnly]))).toEqual([9 * PAGE_BYTES, 0]);
  });

  it('are not asked when a core filter let the region in', () => {
    const lab = new ActionLab();
    lab.touch(0, 4);
    const none: OpsFilter = { type: 'anon', matching: true, allow: false };
    expect([passed(lab, [none]), passed(lab, [none], 'allow')]).toEqual([0, 4 * PAGE_BYTES]);
  });

  it('a page that they keep out is never touched', () => {
    const page = fc.record({ accessed: fc.boolean(), idle: fc.boolean() });
    const layout = fc.tuple(
      fc.array(page, { minLength: 1, maxLength: 32 }),
      fc.constantFrom<OpsFilter>(youngOnly, { ...youngOnly, matching: false }),
    );
    fc.assert(
      fc.property(layout, fc.constantFrom<'vaddr' | 'paddr'>('vaddr', 'paddr'), ([pages, filter], name) => {
        const lab = new ActionLab({ data: [32] });
        lab.touch(0, pages.length);
        for (const [i, { accessed, idle }] of pages.entries())
          lab.mark(i, { accessed: Number(accessed), flags: idle ? FolioFlag.idle : 0 });
        const { start, end, firstPte } = lab.data();
        const scheme = schemeOf({ action: 'migrate_hot', targetNid: 1, filters: [filter] });
        const range = name === 'vaddr' ? { start, end } : { start: 0, end: 32 * PAGE_BYTES };
        lab[name].apply(scheme, 0, range.start, range.end);
        const isYoung = pages.map(({ accessed, idle }) => accessed || !idle);
        expect(lab.nids().slice(0, pages.length)).toEqual(isYoung.map((young) => Number(young === filter.matching)));
        const moved = pages.flatMap((_, i) => (isYoung[i] === filter.matching ? [[firstPte + i, firstPte + i + 1]] : []));
        expect(lab.dropped).toEqual(moved);
      }),
    );
  });
});
