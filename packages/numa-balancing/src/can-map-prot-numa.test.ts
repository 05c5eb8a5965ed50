import { describe, expect, it } from 'vitest';
import { canMapProtNuma, PLAIN_PAGE, type ProtNumaFacts } from './can-map-prot-numa.js';
import { NumaMode } from './mode.js';
import { numaProfile } from './profile.js';
import { bench, TIERED } from './testing/fake-host.js';

const PLAIN: ProtNumaFacts = { ...PLAIN_PAGE, thisNid: 0 };

describe('which pages are armed', () => {
  const onSlow: Partial<ProtNumaFacts> = { nid: 1 };
  it.each<[string, Partial<ProtNumaFacts>, number, boolean, boolean, boolean, boolean]>([
    // facts, mode → 7.3 PTE, 7.3 PMD, 6.12 PTE, 6.12 PMD
    ['an ordinary page', {}, NumaMode.normal, true, true, true, true],
    ['armed already', { protNone: true }, NumaMode.normal, false, false, false, false],
    ['zero page, device memory, KSM', { normal: false }, NumaMode.normal, false, false, false, false],
    ['shared before copy on write', { maybeShared: true }, NumaMode.normal, false, false, false, true],
    ['shared mapping', { maybeShared: true, cowMapping: false }, NumaMode.normal, true, true, true, true],
    ['pinned, private mapping', { pinned: true }, NumaMode.normal, false, false, false, true],
    ['pinned, shared mapping', { pinned: true, cowMapping: false }, NumaMode.normal, false, false, true, true],
    ['dirty file page', { fileLru: true, dirty: true }, NumaMode.normal, false, false, false, true],
    ['clean file page', { fileLru: true }, NumaMode.normal, true, true, true, true],
    ['one thread, at home', { singleThreadedPrivate: true }, NumaMode.normal, false, false, false, true],
    ['one thread, far away', { singleThreadedPrivate: true, nid: 1 }, NumaMode.normal, true, true, true, true],
    ['top tier, tiering only', {}, NumaMode.memoryTiering, false, false, false, false],
    ['slow tier, tiering only', onSlow, NumaMode.memoryTiering, true, true, true, true],
    ['top tier, both modes', {}, 3, true, true, true, true],
    ['top tier, on with neither mode', {}, 4, false, false, false, false],
  ])('%s', (_name, facts, mode, pte73, pmd73, pte612, pmd612) => {
    const got = (['7.3', '6.12'] as const).flatMap((kernel) =>
      [false, true].map((huge) =>
        canMapProtNuma(bench({ topology: TIERED, mode, profile: numaProfile(kernel) }).nb, { ...PLAIN, ...facts, huge }),
      ),
    );
    expect(got).toEqual([pte73, pmd73, pte612, pmd612]);
  });
});
