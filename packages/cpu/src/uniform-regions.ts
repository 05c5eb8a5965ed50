import { type MemoryImage, Pte } from '@damonlab/mm';

interface Known {
  generation: number;
  /** Flags of all its pages but for arming, 0 if they differ, are missing or are huge. */
  flags: number;
  /** Accesses to be made before it is worth looking again. */
  untilLook: number;
}

/**
 * Knows which regions are mapped alike from end to end. A look costs a pass over the region's flags, so after a change of any
 * mapping a region is looked at again only when as many accesses as it has pages were made to it.
 */
export class UniformRegions {
  readonly #image: MemoryImage;
  readonly #racing: boolean;
  readonly #known = new Map<number, Known>();

  /** `racing`: entries change while the CPU runs, so nothing is known of any region. */
  constructor(image: MemoryImage, racing = false) {
    this.#image = image;
    this.#racing = racing;
  }

  /** The flags that all pages of [first, first + nrPages) have, 0 if there is no such thing, or nobody knows. */
  flags(first: number, nrPages: number, generation: number): number {
    if (this.#racing) return 0;
    let known = this.#known.get(first);
    if (known === undefined) {
      known = { generation: -1, flags: 0, untilLook: 0 };
      this.#known.set(first, known);
    }
    if (known.generation === generation) return known.flags;
    if (known.untilLook > 0) return 0;
    known.generation = generation;
    known.untilLook = nrPages;
    known.flags = commonFlags(this.#image.pteFlags, first, first + nrPages);
    return known.flags;
  }

  /** So many accesses were made to the region at `first`. */
  made(first: number, accesses: number): void {
    const known = this.#known.get(first);
    if (known !== undefined) known.untilLook -= accesses;
  }
}

function commonFlags(pteFlags: Uint8Array, first: number, end: number): number {
  const flags = pteFlags[first] & ~Pte.protNone;
  if ((flags & (Pte.present | Pte.huge)) !== Pte.present) return 0;
  for (let pte = first + 1; pte < end; pte++) if ((pteFlags[pte] & ~Pte.protNone) !== flags) return 0;
  return flags;
}
