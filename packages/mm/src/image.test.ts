import { sameShape } from '@damonlab/testkit';
import { describe, expect, it } from 'vitest';
import { allocateImage, openImage } from './image.js';

/** V8 begins to tell copies apart at the ninth. */
const MACHINES = 24;

describe('openImage', () => {
  it('gives the page tables of all machines one hidden class, so that their code need not be compiled anew', () => {
    const sizes = { nrPtes: 512, nrFrames: 64 };
    const images = Array.from({ length: MACHINES }, () => openImage(allocateImage(sizes), sizes));
    expect(images.every((image) => sameShape(image, images[0]))).toBe(true);
  });
});
