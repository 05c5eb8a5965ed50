import { assert, PTES_PER_PMD } from '@damonlab/base';
import { type AddressSpace, type MemoryImage, Pte, thpSuitable, type Vma } from '@damonlab/mm';
import { type ChannelSizes, type CpuChannel, FaultKind, faultLogEntries, LOG_SLOTS, LogSlot } from './channel.js';

/** Touches of armed pages in the order of their times, ps since the start of the epoch. */
export interface PassedFaults {
  readonly pte: Int32Array;
  readonly timePs: Float64Array;
}

/** Where a CPU takes its faults, and what it believes of the page table until they are resolved. */
export interface FaultSink {
  /**
   * By entry: the bits in which the flags that this CPU believes differ from the shared ones. So `pteFlags[pte] ^ amend[pte]` is what it
   * believes. The access loops put `Pte.protNone` in for an armed page that they pass, before they report it by `hint`.
   */
  readonly amend: Uint8Array;
  /** Whether others change entries while a round runs. */
  readonly racing: boolean;
  /** A new round: everything reported is resolved. */
  clear(): void;
  /** A first touch at `timePs` since the start of the epoch. Returns the flags believed from now on. */
  firstTouch(space: AddressSpace, vma: Vma, thread: number, pte: number, timePs: number): number;
  /** The touch of an armed page. Returns the flags believed from now on. */
  hint(space: AddressSpace, thread: number, pte: number, write: number, timePs: number): number;
  /** The same for the first `count` of `passed`, in this order: small pages that an access loop has passed in one go. */
  hints(space: AddressSpace, thread: number, passed: PassedFaults, count: number, write: number): void;
  /** A sampled access that ended at `timePs` and took `latencyPs`. */
  sample(space: AddressSpace, thread: number, pte: number, write: number, timePs: number, latencyPs: number): void;
}

/**
 * Faults of one CPU in the running round, and its sampled accesses between them. The coordinator resolves them all between rounds, in
 * virtual-time order; until then the CPU believes its own: a first touch got its page, on its own node, 2 MiB of it where that is
 * possible; an armed page is restored.
 */
export class FaultLog implements FaultSink {
  readonly racing = false;
  /** 0 without a fault of its own in this round; nobody changes `pteFlags` in a round. */
  readonly amend: Uint8Array;
  readonly #channel: CpuChannel;
  readonly #image: MemoryImage;
  readonly #cpu: number;
  readonly #nid: number;
  readonly #entries: number;
  readonly #thp: boolean;
  /** The entries that `amend` amends; of what a PMD maps, the complement of its first. */
  readonly #amended: Int32Array;
  #nrAmended = 0;

  constructor(channel: CpuChannel, sizes: ChannelSizes, image: MemoryImage, cpu: { id: number; nid: number }, thp: 'never' | 'always') {
    this.amend = new Uint8Array(image.pteFlags.length);
    this.#channel = channel;
    this.#image = image;
    this.#cpu = cpu.id;
    this.#nid = cpu.nid;
    this.#entries = faultLogEntries(sizes);
    this.#amended = new Int32Array(this.#entries);
    this.#thp = thp === 'always';
  }

  /** A new round: everything reported is resolved. */
  clear(): void {
    for (let i = 0; i < this.#nrAmended; i++) {
      const pte = this.#amended[i];
      if (pte >= 0) this.amend[pte] = 0;
      else this.amend.fill(0, ~pte, ~pte + PTES_PER_PMD);
    }
    this.#nrAmended = 0;
  }

  /** Report a first touch at `timePs` since the start of the epoch. Returns the flags believed from now on. */
  firstTouch(space: AddressSpace, vma: Vma, thread: number, pte: number, timePs: number): number {
    this.#log(space, thread, pte, timePs, FaultKind.firstTouch);
    const flags = Pte.present | Pte.write | this.#nid;
    return this.#believe(pte, this.#thp && thpSuitable(this.#image, vma, pte) ? flags | Pte.huge : flags);
  }

  /** Report the touch of an armed page. Returns the flags believed from now on. */
  hint(space: AddressSpace, thread: number, pte: number, write: number, timePs: number): number {
    this.#log(space, thread, pte, timePs, FaultKind.hint | (write === 1 ? FaultKind.write : 0));
    return this.#believe(pte, this.#image.pteFlags[pte] & ~Pte.protNone);
  }

  /** As `hint` one by one, at a quarter of the time. */
  hints(space: AddressSpace, thread: number, passed: PassedFaults, count: number, write: number): void {
    const { logs, faultTimePs, faultPte, faultSpace, faultThread, faultKind } = this.#channel;
    const { amend } = this;
    const amended = this.#amended;
    const kind = FaultKind.hint | (write === 1 ? FaultKind.write : 0);
    const counter = this.#cpu * LOG_SLOTS + LogSlot.nrFaults;
    const at = logs[counter];
    assert(at + count <= this.#entries, 'fault log is as long as an epoch has time for');
    let slot = this.#cpu * this.#entries + at;
    let nrAmended = this.#nrAmended;
    for (let n = 0; n < count; n++) {
      const pte = passed.pte[n];
      faultTimePs[slot] = passed.timePs[n];
      faultPte[slot] = pte;
      faultSpace[slot] = space.id;
      faultThread[slot] = thread;
      faultKind[slot] = kind;
      slot++;
      amend[pte] = Pte.protNone;
      amended[nrAmended++] = pte;
    }
    logs[counter] = at + count;
    this.#nrAmended = nrAmended;
  }

  /** Report a sampled access that ended at `timePs` and took `latencyPs`. */
  sample(space: AddressSpace, thread: number, pte: number, write: number, timePs: number, latencyPs: number): void {
    const slot = this.#log(space, thread, pte, timePs, FaultKind.sample | (write === 1 ? FaultKind.write : 0));
    this.#channel.faultLatencyPs[slot] = latencyPs;
  }

  #believe(pte: number, flags: number): number {
    const amend = this.#image.pteFlags[pte] ^ flags;
    if (flags < Pte.huge) {
      this.amend[pte] = amend;
      this.#amended[this.#nrAmended++] = pte;
    } else {
      const first = pte - (pte % PTES_PER_PMD);
      this.amend.fill(amend, first, first + PTES_PER_PMD);
      this.#amended[this.#nrAmended++] = ~first;
    }
    return flags;
  }

  #log(space: AddressSpace, thread: number, pte: number, timePs: number, kind: number): number {
    const { logs, faultTimePs, faultPte, faultSpace, faultThread, faultKind } = this.#channel;
    const counter = this.#cpu * LOG_SLOTS + LogSlot.nrFaults;
    const at = logs[counter];
    assert(at < this.#entries, 'fault log is as long as an epoch has time for');
    const slot = this.#cpu * this.#entries + at;
    faultTimePs[slot] = timePs;
    faultPte[slot] = pte;
    faultSpace[slot] = space.id;
    faultThread[slot] = thread;
    faultKind[slot] = kind;
    logs[counter] = at + 1;
    return slot;
  }
}
