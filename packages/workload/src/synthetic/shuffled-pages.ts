import type { Prng } from '@damonlab/base';
import { allPages } from '../touch.js';

/** The page numbers 0 to `nrPages` - 1 in a random order (Fisher and Yates). */
export function shuffledPages(nrPages: number, rng: Prng): Uint32Array {
  const pages = allPages(nrPages);
  for (let i = nrPages - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    const page = pages[i] as number;
    pages[i] = pages[j] as number;
    pages[j] = page;
  }
  return pages;
}
