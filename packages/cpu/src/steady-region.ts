import { PTES_PER_PMD } from '@damonlab/base';
import { Mark, Pte } from '@damonlab/mm';
import type { AccessCore } from './access-core.js';

/** Look first after this many times as many accesses as the region has pages: random draws need about that many to touch them all. */
const FIRST_LOOK = 2;
/** A look costs as much as some accesses per page. It was worth it if it saved this many. */
const WORTH = 8;
/** Look half as often each time that it was not worth it, at most this rarely. */
const RAREST_LOOK = 256;
const NONE = -1;
const NOT_STEADY = -2;

/**
 * Knows whether random accesses to a region can change anything at present: not, if every page is a hit and everything that
 * a hit marks is marked. A small random working set gets there soon in every round. One page may be the exception
 * (malloc's header pushes the last few bytes of a region to a page that is hardly ever drawn).
 */
export class SteadyRegion {
  /** Cost of one access, ps, the same for all pages but the exception. */
  hitPs = 0;
  /** The exception, relative to the region's first page; -1: none. */
  exception = NONE;
  #first = -1;
  #write = 0;
  #disturbed = -1;
  #untilCheck = 0;
  #factor = FIRST_LOOK;
  #skipped = 0;

  /** Whether accesses to [first, first + nrPages), but for the exception, change nothing now. */
  holds(core: AccessCore, first: number, nrPages: number, write: number): boolean {
    if (this.hitPs > 0 && this.#disturbed === core.disturbed && this.#first === first && this.#write === write) return true;
    this.hitPs = 0;
    if (this.#untilCheck > 0) return false;
    this.#factor = this.#skipped > WORTH * nrPages ? FIRST_LOOK : Math.min(RAREST_LOOK, 2 * this.#factor);
    this.#untilCheck = this.#factor * nrPages;
    this.#skipped = 0;
    this.#first = first;
    this.#write = write;
    this.#disturbed = core.disturbed;
    const odd = oddPage(core, first, nrPages, write);
    if (odd === NOT_STEADY) return false;
    this.exception = odd === NONE ? NONE : odd - first;
    this.hitPs = core.cost.hitPs[core.flagsOf(odd === first ? first + 1 : first) & ~Pte.huge];
    return this.hitPs > 0;
  }

  /** So many accesses were made one by one. */
  made(accesses: number): void {
    this.#untilCheck -= accesses;
  }

  /** So many accesses were skipped. */
  skipped(accesses: number): void {
    this.#skipped += accesses;
  }
}

/** The one entry that an access would still change or that differs in cost; -1: none; -2: more than one. */
function oddPage(core: AccessCore, first: number, nrPages: number, write: number): number {
  let odd = NONE;
  const flags = core.flagsOf(first + Math.min(1, nrPages - 1));
  if (core.cost.walkPs[flags & ~Pte.huge] === 0) return NOT_STEADY;
  for (let pte = first; pte < first + nrPages; pte++) {
    if (core.flagsOf(pte) === flags && settled(core, pte, flags, write)) continue;
    if (odd !== NONE) return NOT_STEADY;
    odd = pte;
  }
  return odd;
}

function settled(core: AccessCore, pte: number, flags: number, write: number): boolean {
  const { image, tlb } = core;
  if (image.marks8[4 * pte + Mark.touched] === 0) return false;
  const huge = flags >= Pte.huge;
  const key = huge ? Math.floor(pte / PTES_PER_PMD) : pte;
  if (tlb !== null) return (huge ? tlb.huge : tlb.small).hit(key, write);
  if (huge) return image.pmdAccessed[key] === 1 && (write === 0 || image.pmdDirty[key] === 1);
  return image.marks8[4 * pte + Mark.accessed] === 1 && (write === 0 || image.marks8[4 * pte + Mark.dirty] === 1);
}
