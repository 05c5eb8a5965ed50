import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import type { SchemeConfig } from '@damonlab/damos';
import { Lru, Mark, mappedEntry, Pte } from '@damonlab/mm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ActionLab, schemeOf } from './testing/action-lab.js';

/** Pages of the nodes: plenty, and so few that memory must be reclaimed. */
const MACHINES = [
  [2048, 1536, 64],
  [900, 720, 64],
];
const DATA = [3 * PTES_PER_PMD, 96];
const SWAP = 1200;
const VADDR = ['willneed', 'cold', 'pageout', 'hugepage', 'nohugepage', 'collapse', 'migrate_hot', 'migrate_cold', 'stat'] as const;
const PADDR = ['pageout', 'lru_prio', 'lru_deprio', 'migrate_hot', 'migrate_cold', 'stat'] as const;

const place = fc.record({ id: fc.nat(DATA.length - 1), from: fc.nat(999), pages: fc.integer({ min: 1, max: 600 }) });
const targets = fc.record({ targetNid: fc.nat(3), weighted: fc.boolean() });
const step = fc.oneof(
  fc.record({ kind: fc.constant('touch' as const), place, nid: fc.nat(1) }),
  fc.record({ kind: fc.constant('free' as const), place }),
  fc.record({ kind: fc.constant('vaddr' as const), place, action: fc.constantFrom(...VADDR), targets }),
  fc.record({ kind: fc.constant('paddr' as const), place, action: fc.constantFrom(...PADDR), targets }),
);

/** What each data page of a process is: whether somebody has ever written it, and what is known of it now. */
function pagesOf(lab: ActionLab, id: number) {
  const { firstPte, pages } = lab.data(id);
  const { pteFlags, marks8, pmdDirty } = lab.memory.image;
  return Array.from({ length: pages }, (_, i) => {
    const pte = firstPte + i;
    const present = ((pteFlags[pte] ?? 0) & Pte.present) !== 0;
    const huge = ((pteFlags[pte] ?? 0) & Pte.huge) !== 0;
    const dirty = huge ? pmdDirty[Math.floor(pte / PTES_PER_PMD)] : marks8[4 * pte + Mark.dirty];
    return { present, out: lab.memory.reclaim?.isOut(pte) === true, dirty: dirty === 1 };
  });
}

/** `written`: pages with contents that nobody gave up since. `given`: pages that somebody gave up ever. */
function check(
  lab: ActionLab,
  nodes: readonly number[],
  written: readonly ReadonlySet<number>[],
  given: readonly ReadonlySet<number>[],
): void {
  const { memory } = lab;
  const { pteFlags, ptePfn } = memory.image;
  const owners = new Set<number>();
  const onNode = nodes.map(() => 0);
  let out = 0;
  DATA.forEach((_, id) => {
    const { firstPte } = lab.data(id);
    let rss = 0;
    pagesOf(lab, id).forEach((page, i) => {
      // No content is lost: what was written is in memory, or out of it, and nowhere twice.
      if (written[id]?.has(i)) expect(page.present !== page.out, `page ${i} of process ${id}`).toBe(true);
      if (page.out) out++;
      if (!page.present) return;
      rss++;
      const pte = firstPte + i;
      const pfn = ptePfn[pte] ?? 0;
      expect(owners.has(pfn), `frame ${pfn} has one owner`).toBe(false);
      owners.add(pfn);
      expect(memory.extent(mappedEntry(memory.image, pfn))).toEqual(memory.extent(pte));
      onNode[memory.frames.nidOf(pfn)]++;
      if (memory.lru?.isFile(memory.headOf(pte))) expect(given[id]?.has(i), `page ${i} of process ${id} is lazyfree`).toBe(true);
      expect((pteFlags[pte] ?? 0) & Pte.nidMask).toBe(memory.frames.nidOf(pfn));
    });
    expect(memory.rssPages({ id } as never)).toBe(rss);
  });
  // Bytes per node are conserved, and all that is in use is on the lists.
  expect(lab.used()).toEqual(onNode);
  const listed = nodes.map((_, nid) => Object.values(Lru).reduce((sum: number, list) => sum + (memory.lru?.pages(nid, list) ?? 0), 0));
  expect(listed).toEqual(onNode);
  expect(freeSwap(lab)).toBe(SWAP - out);
}

function freeSwap(lab: ActionLab): number {
  return (lab.memory.reclaim as unknown as { freeSwap: number }).freeSwap;
}

it('any sequence of actions keeps every page, its contents, and the books', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.constantFrom('never', 'madvise', 'always'),
      fc.constantFrom(...MACHINES),
      (steps, thp, nodes) => {
        const lab = new ActionLab({ nodes, data: DATA, thp, swap: SWAP });
        const written = DATA.map(() => new Set<number>());
        const given = DATA.map(() => new Set<number>());
        for (const one of steps) {
          const { id } = one.place;
          const from = one.place.from % (DATA[id] ?? 1);
          const to = Math.min(DATA[id] ?? 1, from + one.place.pages);
          const before = DATA.map((_, process) => pagesOf(lab, process));
          if (one.kind === 'touch') {
            lab.touch(from, to, { id, nid: one.nid });
            for (let page = from; page < to; page++) {
              written[id]?.add(page);
              lab.write(page, id);
            }
          } else if (one.kind === 'free') {
            free(lab, id, from, to);
            for (let page = from; page < to; page++) {
              written[id]?.delete(page);
              given[id]?.add(page);
            }
          } else act(lab, one, id, from, to);
          check(lab, nodes, written, given);
          if (one.kind === 'touch' || one.kind === 'free' || !one.action.startsWith('migrate')) continue;
          // Migration changes the node of a page, and nothing else.
          expect(DATA.map((_, process) => pagesOf(lab, process))).toEqual(before);
        }
      },
    ),
    { numRuns: 30 },
  );
});

function free(lab: ActionLab, id: number, from: number, to: number): void {
  const { start } = lab.data(id);
  expect(lab.madvise.do('free', lab.spaces[id], start + from * PAGE_BYTES, start + to * PAGE_BYTES)).toBe(true);
}

type Action = SchemeConfig['action'];

function act(
  lab: ActionLab,
  one: { kind: 'vaddr' | 'paddr'; action: Action; targets: { targetNid: number; weighted: boolean } },
  id: number,
  from: number,
  to: number,
): void {
  const dests = [
    { nid: 0, weight: 1 },
    { nid: 1, weight: 2 },
    { nid: 2, weight: 1 },
  ];
  const { targetNid, weighted } = one.targets;
  const scheme = schemeOf({ action: one.action, targetNid, dests: weighted ? dests : [] });
  const { start } = lab.data(id);
  const base = one.kind === 'vaddr' ? start : 0;
  const [first, end] = [base + from * PAGE_BYTES, base + to * PAGE_BYTES];
  const { appliedBytes, filterPassedBytes } = lab[one.kind].apply(scheme, id, first, end);
  expect(appliedBytes % PAGE_BYTES).toBe(0);
  if (one.kind === 'paddr') expect(appliedBytes).toBeLessThanOrEqual(filterPassedBytes);
}
