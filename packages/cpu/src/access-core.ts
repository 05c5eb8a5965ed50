import { assert, PS_PER_NS, PTES_PER_PMD } from '@damonlab/base';
import { type AddressSpace, MARK_READ, MARK_WRITE, Mark, type MemoryImage, Pte, vmaOfEntry } from '@damonlab/mm';
import type { CostTable } from './cost-table.js';
import type { FaultSink, PassedFaults } from './fault-log.js';
import type { KernelEnv } from './kernel-env.js';
import { idealKernel, type PagesKernel, walkedKernel } from './pages-kernel.js';
import { idealSequence, type SequenceKernel, walkedSequence } from './sequence-kernel.js';
import { specialise } from './specialise.js';
import { SweepWatch } from './sweep-watch.js';
import type { Tlb } from './tlb.js';
import { idealReads, idealWrites, KERNEL_OUT, MOST_NOTED, type UniformKernel, walkedReads, walkedWrites } from './uniform-kernel.js';
import { UniformRegions } from './uniform-regions.js';

/** A fault that maps 2 MiB clears 512 pages; that takes about as long as this many base-page faults (60 to 100 µs against 1). */
export const HUGE_FAULT_FACTOR = 64;
const HUGE_SHIFT = Math.log2(PTES_PER_PMD);
const NOTHING = new Int32Array(0);

/** What the faults of an access cost, ns; `CpuConfig` has both. */
export interface FaultCosts {
  readonly faultNs: number;
  readonly hintFaultNs: number;
}

/** The access loops over one list of pages. */
export interface PagesKernels {
  readonly general: PagesKernel;
  /** For regions mapped alike from end to end. */
  readonly reads: UniformKernel;
  readonly writes: UniformKernel;
}

/**
 * One access at a time, exactly: TLB, page walk, first touch. The loops over whole batches (`run-sequence`, `run-pages`)
 * are built on it. Times are ps since the start of the epoch.
 */
export class AccessCore {
  accesses = 0;
  tlbMisses = 0;
  /** First touches and hinting faults. */
  pageFaults = 0;
  hintFaults = 0;
  /** Runs of accesses to one page; what `SweepWatch` compares misses with. */
  pageVisits = 0;
  /** Changes whenever something may have changed that a hit depends on: equal values, and nothing has. */
  disturbed = 0;
  readonly image: MemoryImage;
  readonly cost: CostTable;
  /** Null: no TLB, every access sets the Accessed bit. */
  readonly tlb: Tlb | null;
  readonly watch = new SweepWatch();
  /** The dearest access without a fault, ps. */
  mostPs: number;
  /** `cost` as kernels read it. */
  readonly #costWords: Int32Array;
  /** What a hinting fault takes, ps. */
  readonly hintFaultPs: number;
  /** What the last kernel call reports. */
  readonly kernelOut = new Int32Array(KERNEL_OUT);
  /** Where a caller of a kernel puts the faults that it passed, for `hintFaultsPassed`. */
  readonly passed: PassedFaults = { pte: new Int32Array(MOST_NOTED), timePs: new Float64Array(MOST_NOTED) };
  /** The access loop over a regular pattern. */
  readonly sequence: SequenceKernel;
  readonly uniform: UniformRegions;
  /** Changes with any page-table entry: `UniformRegions` counts on it. */
  generation = 0;
  /** Whether any page may be armed; stays as it is once the first access was made. */
  arming = false;
  /** Entry and cost without a fault, ps, of the last access that was made by itself. */
  #lastPte = 0;
  #lastPs = 0;
  readonly #kernels = new WeakMap<Uint32Array, PagesKernels>();
  #lastPages: Uint32Array | undefined;
  #lastKernels: PagesKernels | undefined;
  readonly #faults: FaultSink;
  readonly #faultPs: number;
  #thread = -1;
  #space: AddressSpace | undefined;

  constructor(image: MemoryImage, cost: CostTable, tlb: Tlb | null, faults: FaultSink, costs: FaultCosts) {
    this.image = image;
    this.cost = cost;
    this.tlb = tlb;
    this.#faults = faults;
    this.#faultPs = costs.faultNs * PS_PER_NS;
    this.hintFaultPs = costs.hintFaultNs * PS_PER_NS;
    this.mostPs = Math.max(...cost.walkPs, ...cost.hitPs);
    this.#costWords = Int32Array.from([...cost.hitPs, ...cost.walkPs]);
    this.uniform = new UniformRegions(image, faults.racing);
    this.sequence = specialise(tlb === null ? idealSequence : walkedSequence)(this.#kernelEnv());
  }

  /** The access loops over a list of pages; made at the first use of a list. */
  pagesKernels(pages: Uint32Array): PagesKernels {
    // A program goes through one list for a long time, a thousand accesses a batch.
    if (pages === this.#lastPages && this.#lastKernels !== undefined) return this.#lastKernels;
    this.#lastPages = pages;
    this.#lastKernels = this.#kernels.get(pages) ?? this.#makeKernels(pages);
    return this.#lastKernels;
  }

  #makeKernels(pages: Uint32Array): PagesKernels {
    const env = { ...this.#kernelEnv(), pages };
    const ideal = this.tlb === null;
    const kernels = {
      general: specialise(ideal ? idealKernel : walkedKernel)(env),
      reads: specialise(ideal ? idealReads : walkedReads)(env),
      writes: specialise(ideal ? idealWrites : walkedWrites)(env),
    };
    this.#kernels.set(pages, kernels);
    return kernels;
  }

  #kernelEnv(): KernelEnv {
    const { image } = this;
    const none = { stamp: NOTHING, inserted: NOTHING, setMask: 0, span: 0, push: 0 };
    return {
      flags: image.pteFlags,
      amend: this.#faults.amend,
      marks8: image.marks8,
      marks16: image.marks16,
      marks32: image.pteMarks,
      pmdAccessed: image.pmdAccessed,
      pmdDirty: image.pmdDirty,
      cost: this.#costWords,
      small: this.tlb?.small ?? none,
      huge: this.tlb?.huge ?? none,
      out: this.kernelOut,
      arming: this.arming,
    };
  }

  /** Memory takes another time from now on; between rounds. */
  setCost({ hitPs, walkPs }: CostTable): void {
    this.cost.hitPs.set(hitPs);
    this.cost.walkPs.set(walkPs);
    this.#costWords.set(hitPs);
    this.#costWords.set(walkPs, hitPs.length);
    this.mostPs = Math.max(...walkPs, ...hitPs);
  }

  /** Node of the page that `access` has just touched. */
  get lastNid(): number {
    return this.flagsOf(this.#lastPte) & Pte.nidMask;
  }

  /** The thread that makes the following accesses, and its address space. */
  enter(thread: number, space: AddressSpace): void {
    this.#thread = thread;
    if (space === this.#space) return;
    this.#space = space;
    this.disturbed++;
  }

  /** A new round: Accessed bits and truth may have changed, page tables with `generation`, and all reported faults are resolved. */
  startRound(generation: number, arming: boolean): void {
    this.generation = generation;
    this.arming = arming;
    this.#faults.clear();
    this.tlb?.makeRoom();
    this.disturbed++;
  }

  /** Access entry `pte` at `time`. Returns what it costs, ps. Marks everything that hardware and truth mark. */
  access(pte: number, write: number, time: number): number {
    const { image, cost } = this;
    let flags = this.flagsOf(pte);
    let faultPs = 0;
    // Once, unless others arm pages meanwhile.
    while (cost.walkPs[flags] === 0) {
      faultPs += this.#fault(pte, flags, write, time + faultPs);
      flags = this.flagsOf(pte);
    }
    image.marks8[4 * pte + Mark.touched] = 1;
    this.#lastPte = pte;
    this.#lastPs = flags >= Pte.huge ? this.#accessHuge(pte >> HUGE_SHIFT, flags, write) : this.#accessSmall(pte, flags, write);
    return faultPs + this.#lastPs;
  }

  /** Report the access that `access` has just made, which ended at `time`, as a sample. */
  reportSample(write: number, time: number): void {
    this.#faults.sample(this.#currentSpace(), this.#thread, this.#lastPte, write, time, this.#lastPs);
  }

  /** Cost of one more access to the page that `access` has just touched, ps: its translation is known. */
  repeatPs(pte: number): number {
    return this.cost.hitPs[this.flagsOf(pte)];
  }

  /** The flags of entry `pte` as this CPU believes them to be, its own faults of this round included. */
  flagsOf(pte: number): number {
    return this.image.pteFlags[pte] ^ this.#faults.amend[pte];
  }

  #accessSmall(pte: number, flags: number, write: number): number {
    const { image, cost, tlb } = this;
    if (tlb !== null) {
      if (tlb.small.hit(pte, write)) return cost.hitPs[flags];
      tlb.small.fill(pte, write);
      this.tlbMisses++;
      this.disturbed++;
    }
    if (write === 1) image.pteMarks[pte] = MARK_WRITE;
    else image.marks16[2 * pte] = MARK_READ;
    return tlb === null ? cost.hitPs[flags] : cost.walkPs[flags];
  }

  #accessHuge(pmd: number, flags: number, write: number): number {
    const { image, cost, tlb } = this;
    const base = flags & ~Pte.huge;
    if (tlb !== null) {
      if (tlb.huge.hit(pmd, write)) return cost.hitPs[base];
      tlb.huge.fill(pmd, write);
      this.tlbMisses++;
      this.disturbed++;
    }
    image.pmdAccessed[pmd] = 1;
    if (write === 1) image.pmdDirty[pmd] = 1;
    return tlb === null ? cost.hitPs[base] : cost.walkPs[base];
  }

  /** Take the fault that entry `pte` with `flags` means; returns its cost. */
  #fault(pte: number, flags: number, write: number, time: number): number {
    if ((flags & Pte.present) !== 0) {
      this.#hintFault(pte, write, time);
      return this.hintFaultPs;
    }
    this.pageFaults++;
    this.disturbed++;
    const space = this.#currentSpace();
    const believed = this.#faults.firstTouch(space, vmaOfEntry(space, pte), this.#thread, pte, time);
    return believed >= Pte.huge ? this.#faultPs * HUGE_FAULT_FACTOR : this.#faultPs;
  }

  /** The armed entries of the first `count` of `passed` were touched. They are believed to be restored from now on. */
  hintFaultsPassed(count: number, write: number): void {
    if (count === 0) return;
    this.pageFaults += count;
    this.hintFaults += count;
    this.disturbed += count;
    this.#faults.hints(this.#currentSpace(), this.#thread, this.passed, count, write);
  }

  /** Armed entry `pte` was touched at `time`. */
  #hintFault(pte: number, write: number, time: number): void {
    this.pageFaults++;
    this.hintFaults++;
    this.disturbed++;
    this.#faults.hint(this.#currentSpace(), this.#thread, pte, write, time);
  }

  #currentSpace(): AddressSpace {
    assert(this.#space !== undefined, 'an access needs an address space');
    return this.#space;
  }
}
