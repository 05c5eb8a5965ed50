import { PTES_PER_PMD } from '@damonlab/base';
import { MARK_READ, MARK_WRITE, Mark, Pte } from '@damonlab/mm';
import type { AccessCore } from './access-core.js';
import type { AccessEngine } from './run-accesses.js';
import type { SimThread } from './thread.js';

/** Sums that may miss in the TLB; a piece of a program with more of them is made in order. */
const MOST_MISSED = 64;
const PMD_SHIFT = Math.log2(PTES_PER_PMD);

/**
 * Makes the accesses of `sums` batches all at once where their order cannot be seen: no page of the batch faults, none that is in the
 * TLB at some time leaves it before the batch is over, no access is sampled, and all are over before the limit. Then the first access
 * to a page is all that can change anything (a hit changes no state, docs/decisions/0004), and it is made where it would be among the
 * other first ones. Otherwise the program is asked for the batch in order.
 */
export class SumsRunner {
  readonly #core: AccessCore;
  /** Sums that miss at the start, by their index in the list: `i` where no translation is known, `~i` where it is, but not as dirty. */
  readonly #missed = new Int32Array(MOST_MISSED);
  #nrMissed = 0;
  /** What `#missed` had in the TLB before: stamp, and counter of its set. */
  readonly #stamps = new Int32Array(MOST_MISSED);
  readonly #inserted = new Int32Array(MOST_MISSED);
  /** Entries of the sums of the batch. */
  #ptes = new Int32Array(0);
  #made = 0;
  #spentPs = 0;
  #walks = 0;

  constructor(core: AccessCore) {
    this.#core = core;
  }

  /** As `runRuns`. The batch is over afterwards, or nothing has happened but that it is of another kind. */
  run({ sampler, probe }: AccessEngine, thread: SimThread, counters: Float64Array, now: number, limit: number): number {
    const { batch } = thread;
    const most = sampler?.on === true ? sampler.left - 1 : Number.POSITIVE_INFINITY;
    if (!this.#price(thread) || this.#made > most || !this.#walk(thread, limit - now)) {
      thread.program.unfold?.(batch);
      return now;
    }
    this.#mark(thread);
    this.#count(thread, counters, probe);
    if (sampler?.on === true) sampler.left -= this.#made;
    batch.cursor = batch.end;
    batch.remaining = 0;
    return now + this.#made * batch.computePs + this.#spentPs;
  }

  /** Look up all sums and add up what they cost as hits; nothing changes. False: something faults, or too much misses. */
  #price({ batch, firstPtes }: SimThread): boolean {
    const { tlb, cost } = this.#core;
    const { hitPs, walkPs } = cost;
    const { refs, counts, region, page } = batch.runs;
    const { cursor, end } = batch;
    if (this.#ptes.length < end - cursor) this.#ptes = new Int32Array(2 * (end - cursor));
    let made = 0;
    let spentPs = 0;
    this.#nrMissed = 0;
    for (let i = cursor; i < end; i++) {
      const place = refs[i] >>> 1;
      const write = refs[i] & 1;
      const pte = firstPtes[region[place]] + page[place];
      this.#ptes[i - cursor] = pte;
      const flags = this.#core.flagsOf(pte);
      if (walkPs[flags] === 0) return false;
      made += counts[i];
      spentPs += counts[i] * hitPs[flags];
      if (tlb === null) continue;
      if (flags >= Pte.huge) {
        if (!tlb.huge.hit(pte >> PMD_SHIFT, write)) return false;
      } else if (!tlb.small.hit(pte, write)) {
        if (this.#nrMissed === MOST_MISSED) return false;
        this.#missed[this.#nrMissed++] = tlb.small.hit(pte, 0) ? ~i : i;
      }
    }
    this.#made = made;
    this.#spentPs = spentPs;
    return true;
  }

  /** Walk for what misses. False, and nothing has changed: a page of the batch would leave the TLB, or `roomPs` do not do. */
  #walk({ batch }: SimThread, roomPs: number): boolean {
    const { tlb, cost } = this.#core;
    this.#walks = 0;
    let tried = 0;
    let good = true;
    for (; good && tlb !== null && tried < this.#nrMissed; tried++) {
      const { small } = tlb;
      const missed = this.#missed[tried];
      const i = missed < 0 ? ~missed : missed;
      const pte = this.#ptes[i - batch.cursor];
      const write = batch.runs.refs[i] & 1;
      this.#stamps[tried] = small.stamp[pte];
      this.#inserted[tried] = small.inserted[pte & small.setMask];
      if (small.hit(pte, write)) continue;
      // A page that was there and has left before its first write: reads in between may have brought it back.
      good = missed >= 0 || small.hit(pte, 0);
      small.fill(pte, write);
      const flags = this.#core.flagsOf(pte);
      this.#spentPs += cost.walkPs[flags] - cost.hitPs[flags];
      this.#walks++;
    }
    good &&= this.#made * batch.computePs + this.#spentPs <= roomPs;
    good &&= this.#nrMissed === 0 || this.#allHit(batch.cursor, batch.end, batch.runs.refs);
    if (!good) this.#undo(tried, batch.cursor);
    return good;
  }

  /**
   * Whether all small pages of the batch are in the TLB now, as it needs them. Then none of them has left it meanwhile: what was there
   * at the start, is there now and was not walked for has stayed, and a set that has lost a page walked for has taken in more of them
   * than it holds.
   */
  #allHit(cursor: number, end: number, refs: Uint32Array): boolean {
    const small = this.#core.tlb?.small;
    for (let i = cursor; i < end; i++) {
      const pte = this.#ptes[i - cursor];
      if (this.#core.flagsOf(pte) < Pte.huge && small?.hit(pte, refs[i] & 1) === false) return false;
    }
    return true;
  }

  #undo(tried: number, cursor: number): void {
    const small = this.#core.tlb?.small;
    if (small === undefined) return;
    for (let n = tried - 1; n >= 0; n--) {
      const missed = this.#missed[n];
      const pte = this.#ptes[(missed < 0 ? ~missed : missed) - cursor];
      small.stamp[pte] = this.#stamps[n];
      small.inserted[pte & small.setMask] = this.#inserted[n];
    }
  }

  /** What walks mark; what every access marks. */
  #mark({ batch }: SimThread): void {
    const { image, tlb } = this.#core;
    const { refs } = batch.runs;
    const { cursor, end } = batch;
    for (let i = cursor; i < end; i++) {
      const pte = this.#ptes[i - cursor];
      image.marks8[4 * pte + Mark.touched] = 1;
      if (tlb === null) this.#markWalked(pte, refs[i] & 1);
    }
    for (let n = 0; n < this.#nrMissed; n++) {
      const i = this.#missed[n] < 0 ? ~this.#missed[n] : this.#missed[n];
      this.#markWalked(this.#ptes[i - cursor], refs[i] & 1);
    }
    this.#core.tlbMisses += this.#walks;
    this.#core.disturbed += this.#walks;
  }

  #markWalked(pte: number, write: number): void {
    const { image } = this.#core;
    if (this.#core.flagsOf(pte) >= Pte.huge) {
      image.pmdAccessed[pte >> PMD_SHIFT] = 1;
      if (write === 1) image.pmdDirty[pte >> PMD_SHIFT] = 1;
    } else if (write === 1) image.pteMarks[pte] = MARK_WRITE;
    else image.marks16[2 * pte] = MARK_READ;
  }

  #count({ batch, firstCounter }: SimThread, counters: Float64Array, probe: AccessEngine['probe']): void {
    const { refs, counts, region } = batch.runs;
    const { cursor, end } = batch;
    for (let i = cursor; i < end; i++) {
      const write = refs[i] & 1;
      counters[firstCounter + 2 * region[refs[i] >>> 1] + write] += counts[i];
      probe?.moved(this.#core.flagsOf(this.#ptes[i - cursor]) & Pte.nidMask, counts[i], write);
    }
    this.#core.accesses += this.#made;
  }
}
