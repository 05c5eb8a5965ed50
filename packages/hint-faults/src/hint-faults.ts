import { assert, PAGE_BYTES, UserError } from '@damonlab/base';
import { type AddressSpace, type Memory, Pte } from '@damonlab/mm';
import { exclusive, type SharingStrategy } from './strategy.js';

/** One touch of an armed page. One object is used for all of them: copy what is to be kept. */
export interface HintFault {
  timeNs: number;
  space: AddressSpace;
  /** Entry and virtual address of the page. */
  pte: number;
  addr: number;
  pfn: number;
  cpu: number;
  /** Node of the CPU. */
  nid: number;
  thread: number;
  /** Thread group: the process. */
  process: number;
  write: boolean;
}

/** Somebody who wants hinting faults. The machinery knows no more of it than this. */
export interface HintFaultUser {
  readonly name: string;
  /** A fault that is this user's by the sharing rule. The page is still armed and is restored afterwards. */
  onHintFault(fault: HintFault): void;
}

/** What one user's arms and faults came to. All counts. */
export interface HintFaultCounters {
  /** Arms that took effect. */
  armed: number;
  /** Arms that did not, because somebody else had armed the page already. */
  lost_arms: number;
  /** Arms taken back without a fault. */
  disarmed: number;
  /** Faults delivered. */
  delivered: number;
  /** Of these, faults of pages that this user had not armed. */
  misattributed: number;
  /** Of these, faults of left-overs: all who had armed the page have given up since. */
  stray: number;
  /** Faults of pages that this user had armed, which others took. */
  lost_faults: number;
  /** Arms of pages whose process went away. armed = delivered - misattributed + lost_faults + disarmed + unmapped + those in force. */
  unmapped: number;
}

/** What a hand-over cost. */
export interface HandoverCost {
  /** Page-table entries looked at, and changed. What a PMD maps is one entry. */
  readonly walked: number;
  readonly changed: number;
  /** TLB shootdowns sent. */
  readonly shootdowns: number;
  /** Arms that stayed behind. */
  readonly leftOver: number;
}

/** Where translations are dropped: every CPU forgets entries [first, end) before it runs on. */
export interface Shootdown {
  drop(first: number, end: number): void;
}

/** What an object of `HintFaults` keeps of all entries; by default for itself. */
export interface HintFaultState {
  /** The truth that the page table does not tell (but under `tagged`): by entry, a bit for each user whose arm is in force. */
  readonly armedBy: Uint8Array;
  /** [0]: a bit for each user that has acquired them and not given them up. */
  readonly active: Int32Array;
}

/** Bits of a user set; at most eight users. */
const MOST_USERS = 8;

/**
 * Arms pages, takes the faults and gives each to whom it belongs under the sharing rule. It knows nothing of its users.
 * Arming is coherent: it drops the page from all TLBs, so unlike a cleared Accessed bit no TLB can hide a touch.
 */
export class HintFaults {
  readonly strategy: SharingStrategy;
  /** Faults that nobody received: all who had armed the page have given up, and nobody stands in for them. */
  orphans = 0;
  readonly #memory: Memory;
  readonly #shootdown: Shootdown;
  readonly #users: HintFaultUser[] = [];
  readonly #counters: HintFaultCounters[] = [];
  readonly #armedBy: Uint8Array;
  readonly #active: Int32Array;
  readonly #uninstallEvery: number;
  /** Who is told of faults that nobody receives, -1: nobody. */
  #standIn = -1;

  /** `uninstallEvery`: broken on purpose when it is not 1: an uninstall then removes only each so many-th arm (for negative controls). */
  constructor(
    memory: Memory,
    shootdown: Shootdown,
    strategy: SharingStrategy,
    uninstallEvery = 1,
    state: HintFaultState = ownState(memory),
  ) {
    this.#memory = memory;
    this.#shootdown = shootdown;
    this.strategy = strategy;
    this.#uninstallEvery = uninstallEvery;
    this.#armedBy = state.armedBy;
    this.#active = state.active;
  }

  /** Make `user` known; returns its number. Under `build_exclusive` there is one. */
  register(user: HintFaultUser): number {
    assert(this.#users.length < MOST_USERS, `at most ${MOST_USERS} users of hinting faults`);
    if (this.strategy === 'build_exclusive' && this.#users.length > 0) throw busy(user.name, this.#users[0].name, this.strategy);
    this.#counters.push({ armed: 0, lost_arms: 0, disarmed: 0, delivered: 0, misattributed: 0, stray: 0, lost_faults: 0, unmapped: 0 });
    return this.#users.push(user) - 1;
  }

  /** Counters of user `id`, live. */
  counters(id: number): Readonly<HintFaultCounters> {
    return this.#counters[id];
  }

  /** Arms of user `id` in force. What a PMD maps is one. */
  inForce(id: number): number {
    const { armed, delivered, misattributed, lost_faults, disarmed, unmapped } = this.counters(id);
    return armed - (delivered - misattributed) - lost_faults - disarmed - unmapped;
  }

  /**
   * User `id` is told of faults that nobody receives, as if nobody had looked whose they are. The kernel's do_numa_page is reached that
   * way while NUMA balancing is switched off.
   */
  standIn(id: number): void {
    this.#standIn = id;
  }

  /** Whether user `id` may arm now, and is told of faults. */
  active(id: number): boolean {
    return (this.#active[0] & (1 << id)) !== 0;
  }

  /** The first user that is active, undefined when nobody is. Under an exclusive strategy: the owner. */
  get owner(): string | undefined {
    return this.#users.find((_, id) => this.active(id))?.name;
  }

  /** Begin to use them. @throws UserError (EBUSY) naming the owner, when the strategy knows one at a time and there is another one. */
  acquire(id: number): void {
    const { owner } = this;
    if (exclusive(this.strategy) && owner !== undefined && !this.active(id)) throw busy(this.#users[id].name, owner, this.strategy);
    this.#active[0] |= 1 << id;
  }

  /**
   * Give them up. Under `runtime_full` the arms of `id` are removed first: `armed` lists them if the user knows them, else
   * the page tables of `spaces` are walked. Under the others they stay.
   */
  release(id: number, spaces: readonly AddressSpace[], armed?: Int32Array): HandoverCost {
    assert(this.active(id), `${this.#users[id].name} gives up what it does not have`);
    this.#active[0] &= ~(1 << id);
    if (this.strategy !== 'runtime_full') return { walked: 0, changed: 0, shootdowns: 0, leftOver: this.inForce(id) };
    return this.#uninstall(id, spaces, armed);
  }

  /** Arm what `pte` maps for user `id`. False: not mapped, not allowed now, or armed already (by another: a lost arm). */
  arm(id: number, pte: number): boolean {
    if (!this.active(id)) return false;
    const bit = 1 << id;
    if (this.#memory.arm(pte)) {
      const { first, end } = this.#memory.extent(pte);
      this.#setUsers(first, end, bit);
      this.#shootdown.drop(first, end);
      this.#counters[id].armed++;
      return true;
    }
    if (!this.armed(pte)) return false;
    if (this.strategy === 'tagged' && (this.#armedBy[pte] & bit) === 0) {
      const { first, end } = this.#memory.extent(pte);
      for (let i = first; i < end; i++) this.#armedBy[i] |= bit;
      this.#counters[id].armed++;
      return true;
    }
    if ((this.#armedBy[pte] & bit) === 0) this.#counters[id].lost_arms++;
    return false;
  }

  /** Take the arm of user `id` back. The page stays armed while another user's arm is in force under `tagged`. */
  disarm(id: number, pte: number): boolean {
    const bit = 1 << id;
    if ((this.#armedBy[pte] & bit) === 0) return false;
    const { first, end } = this.#memory.extent(pte);
    for (let i = first; i < end; i++) this.#armedBy[i] &= ~bit;
    this.#counters[id].disarmed++;
    if (this.#armedBy[pte] === 0) this.#memory.disarm(pte);
    return true;
  }

  /** The process of `space` is about to give its memory back: its arms go with it. */
  forget(space: AddressSpace): void {
    this.#forEachEntry([space], (pte, end) => this.#forgetArms(pte, end));
  }

  /** What [first, end) mapped has changed: arms of what is not armed any more went with it. */
  forgetVoid(first: number, end: number): void {
    for (let pte = first; pte < end; ) {
      const behind = Math.min(end, this.#memory.extent(pte).end);
      if (this.#armedBy[pte] !== 0 && !this.armed(pte)) this.#forgetArms(pte, behind);
      pte = behind;
    }
  }

  /** A PMD mapping of [first, end) has become one of each page: one arm is as many now. */
  split(first: number, end: number): void {
    const owners = this.#armedBy[first];
    for (let id = 0; id < this.#users.length; id++) if ((owners & (1 << id)) !== 0) this.#counters[id].armed += end - first - 1;
  }

  #forgetArms(first: number, end: number): void {
    const owners = this.#armedBy[first];
    if (owners === 0) return;
    for (let id = 0; id < this.#users.length; id++) if ((owners & (1 << id)) !== 0) this.#counters[id].unmapped++;
    this.#armedBy.fill(0, first, end);
  }

  /** Whether `pte` maps anything, armed or not. */
  mapped(pte: number): boolean {
    return (this.#memory.image.pteFlags[pte] & Pte.present) !== 0;
  }

  /** Whether `pte` is armed, for anybody. */
  armed(pte: number): boolean {
    return (this.#memory.image.pteFlags[pte] & Pte.protNone) !== 0;
  }

  /** Whether an arm of user `id` is in force on `pte`. */
  armedFor(id: number, pte: number): boolean {
    return (this.#armedBy[pte] & (1 << id)) !== 0;
  }

  /**
   * A CPU touched an armed page: deliver and restore. A second touch of the same epoch finds the page restored and is no fault.
   * @returns false in that case.
   */
  dispatch(fault: HintFault): boolean {
    const { pte } = fault;
    if (!this.armed(pte)) return false;
    const owners = this.#armedBy[pte];
    const leftOver = (owners & this.#active[0]) === 0;
    let received = false;
    for (let id = 0; id < this.#users.length; id++) {
      const armedIt = (owners & (1 << id)) !== 0;
      if (this.#receives(id, armedIt)) {
        received = true;
        this.#counters[id].delivered++;
        if (!armedIt) this.#counters[id].misattributed++;
        if (leftOver) this.#counters[id].stray++;
        this.#users[id].onHintFault(fault);
      } else if (armedIt) this.#counters[id].lost_faults++;
    }
    if (!received) {
      this.orphans++;
      if (this.#standIn >= 0) this.#users[this.#standIn].onHintFault(fault);
    }
    const { first, end } = this.#memory.extent(pte);
    this.#setUsers(first, end, 0);
    this.#memory.disarm(pte);
    return true;
  }

  #setUsers(first: number, end: number, users: number): void {
    // Nearly always one entry: a call of `fill` takes ten times as long.
    if (end === first + 1) this.#armedBy[first] = users;
    else this.#armedBy.fill(users, first, end);
  }

  #receives(id: number, armedIt: boolean): boolean {
    return this.active(id) && (armedIt || this.strategy !== 'tagged');
  }

  #uninstall(id: number, spaces: readonly AddressSpace[], armed: Int32Array | undefined): HandoverCost {
    let walked = 0;
    let changed = 0;
    let found = 0;
    const visit = (pte: number) => {
      walked++;
      if (!this.armedFor(id, pte) || found++ % this.#uninstallEvery !== 0) return;
      if (!this.disarm(id, pte)) return;
      changed++;
      this.#shootdown.drop(pte, this.#memory.extent(pte).end);
    };
    if (armed !== undefined) for (const pte of armed) visit(pte);
    else this.#forEachEntry(spaces, visit);
    return { walked, changed, shootdowns: changed, leftOver: this.inForce(id) };
  }

  /** Every entry of the page tables, once what a PMD maps: `visit` gets the range [pte, end) of entries that change together. */
  #forEachEntry(spaces: readonly AddressSpace[], visit: (pte: number, end: number) => void): void {
    for (const { vmas } of spaces) {
      for (const vma of vmas) {
        const last = vma.firstPte + (vma.end - vma.start) / PAGE_BYTES;
        for (let pte = vma.firstPte; pte < last; ) {
          const { end } = this.#memory.extent(pte);
          visit(pte, end);
          pte = end;
        }
      }
    }
  }
}

function ownState({ image }: Memory): HintFaultState {
  return { armedBy: new Uint8Array(image.pteFlags.length), active: new Int32Array(1) };
}

function busy(name: string, owner: string, strategy: SharingStrategy): UserError {
  return new UserError(`hinting faults are busy (EBUSY): ${name} cannot have them`, {
    expected: `nobody else owns them under ${strategy}`,
    actual: `${owner} does`,
    hint: `let ${owner} give them up first, or choose share_all or tagged`,
  });
}
