import { PMD_BYTES, Prng, PTES_PER_PMD } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { buildAddressSpace } from './address-space.js';
import { allocateImage, MARK_READ, MARK_WRITE, openImage } from './image.js';
import { Pte } from './pte.js';
import { takeDirty } from './truth.js';

describe('takeDirty', () => {
  const region = { name: 'data', role: 'data' as const, bytes: 2 * PMD_BYTES, headerBytes: 0 };
  const space = buildAddressSpace(0, [region], 0, Prng.stream(1, 'layout'));
  const image = openImage(allocateImage({ nrPtes: space.endPte, nrFrames: 1 }), { nrPtes: space.endPte, nrFrames: 1 });
  const { firstPte } = space.regions[0];

  it('counts each written page once, and forgets it', () => {
    image.pteMarks[firstPte] = MARK_WRITE;
    image.pteMarks[firstPte + 7] = MARK_WRITE;
    image.marks16[2 * (firstPte + 9)] = MARK_READ;
    expect([takeDirty(image, space), takeDirty(image, space)]).toEqual([2, 0]);
    expect(image.marks16[2 * firstPte]).toBe(MARK_READ);
  });

  it('what a PMD maps is dirty as a whole', () => {
    image.pteFlags.fill(Pte.present | Pte.huge, firstPte, firstPte + PTES_PER_PMD);
    image.pmdDirty[firstPte / PTES_PER_PMD] = 1;
    image.pteMarks[firstPte + PTES_PER_PMD] = MARK_WRITE;
    expect([takeDirty(image, space), takeDirty(image, space)]).toEqual([PTES_PER_PMD + 1, 0]);
  });
});
