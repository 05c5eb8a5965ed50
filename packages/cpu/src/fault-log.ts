import { assert, PTES_PER_PMD } from '@damonlab/base';
import { type AddressSpace, type MemoryImage, Pte, thpSuitable, type Vma } from '@damonlab/mm';
import { type ChannelSizes, type CpuChannel, faultLogEntries, LOG_SLOTS, LogSlot } from './channel.js';

/**
 * First touches of one CPU in the running round. The coordinator resolves them all between rounds, in virtual-time
 * order; until then the CPU believes its own: the page is there, on its own node, 2 MiB of it where that is possible.
 */
export class FaultLog {
  readonly #channel: CpuChannel;
  readonly #image: MemoryImage;
  readonly #cpu: number;
  readonly #entries: number;
  readonly #thp: boolean;
  readonly #nid: number;
  readonly #pending = new Set<number>();
  readonly #pendingHuge = new Set<number>();

  constructor(channel: CpuChannel, sizes: ChannelSizes, image: MemoryImage, cpu: { id: number; nid: number }, thp: 'never' | 'always') {
    this.#channel = channel;
    this.#image = image;
    this.#cpu = cpu.id;
    this.#nid = cpu.nid;
    this.#entries = faultLogEntries(sizes);
    this.#thp = thp === 'always';
  }

  /** A new round: everything reported is resolved. */
  clear(): void {
    this.#pending.clear();
    this.#pendingHuge.clear();
  }

  /** The flags that this CPU believes entry `pte` to have, 0 when it has not touched it in this round. */
  believed(pte: number): number {
    if (this.#pendingHuge.has(Math.floor(pte / PTES_PER_PMD))) return Pte.present | Pte.write | Pte.huge | this.#nid;
    return this.#pending.has(pte) ? Pte.present | Pte.write | this.#nid : 0;
  }

  /** Report a first touch at `timePs` since the start of the epoch. Returns the flags believed from now on. */
  report(space: AddressSpace, vma: Vma, pte: number, timePs: number): number {
    const logs = this.#channel.logs;
    const counter = this.#cpu * LOG_SLOTS + LogSlot.nrFaults;
    const at = logs[counter];
    assert(at < this.#entries, 'fault log is as long as an epoch has time for');
    const slot = this.#cpu * this.#entries + at;
    this.#channel.faultTimePs[slot] = timePs;
    this.#channel.faultPte[slot] = pte;
    this.#channel.faultSpace[slot] = space.id;
    logs[counter] = at + 1;
    if (this.#thp && thpSuitable(this.#image, vma, pte)) this.#pendingHuge.add(Math.floor(pte / PTES_PER_PMD));
    else this.#pending.add(pte);
    return this.believed(pte);
  }
}
