import { PAGE_BYTES, PS_PER_NS, PTES_PER_PMD } from '@damonlab/base';
import { type AddressSpace, Mark, type MemoryImage, type PlacedRegion, Pte, ptePlain, type Topology, thpSuitable } from '@damonlab/mm';
import { type AccessBatch, BatchKind } from '@damonlab/workload';
import type { SamplingConfig } from '../access-sampler.js';
import { FaultKind } from '../channel.js';
import type { CpuConfig } from '../config.js';
import { ReferenceTlb } from './reference-tlb.js';

/** A first touch, a touch of an armed page or a sampled access, as it should be logged. */
export interface ReferenceFault {
  readonly timePs: number;
  readonly pte: number;
  readonly space: number;
  /** `FaultKind`. */
  readonly kind: number;
  /** Of a sampled access; 0 else. */
  readonly latencyPs: number;
}

/** A huge page takes as long to clear as so many faults on base pages. */
const HUGE_FAULT = 64;

/**
 * What a CPU does to memory, one access after the other, without any shortcut. It reads the page table of `image`
 * (an input to both sides of a comparison) and keeps marks, TLB, counters and faults of its own.
 */
export class ReferenceCpu {
  readonly marks8: Uint8Array;
  readonly pmdAccessed: Uint8Array;
  readonly pmdDirty: Uint8Array;
  readonly tlb: ReferenceTlb | null;
  accesses = 0;
  tlbMisses = 0;
  faults: ReferenceFault[] = [];
  sampling = false;
  readonly #sampler: SamplingConfig | undefined;
  #sampled = 0;
  /** Accesses made while `sampling`. */
  #counted = 0;
  readonly #image: MemoryImage;
  readonly #topology: Topology;
  readonly #config: CpuConfig;
  readonly #nid: number;
  readonly #thp: boolean;
  /** Flags of the entries that this CPU has faulted in since the round began: it believes that it gets what it wants. */
  #believed = new Map<number, number>();

  constructor(image: MemoryImage, topology: Topology, config: CpuConfig, nid: number, thp: 'never' | 'always', sampler?: SamplingConfig) {
    this.#sampler = sampler;
    this.marks8 = new Uint8Array(image.marks8.length);
    this.pmdAccessed = new Uint8Array(image.pmdAccessed.length);
    this.pmdDirty = new Uint8Array(image.pmdDirty.length);
    this.tlb = config.tlb.kind === 'off' ? null : new ReferenceTlb(config.tlb);
    this.#image = image;
    this.#topology = topology;
    this.#config = config;
    this.#nid = nid;
    this.#thp = thp === 'always';
  }

  startRound(): void {
    this.faults = [];
    this.#believed = new Map();
  }

  /** Make accesses of `batch` while the clock is before `limit`. Returns the time after the last one. */
  run(batch: AccessBatch, space: AddressSpace, region: PlacedRegion, now: number, limit: number): number {
    let time = now;
    while (batch.remaining > 0 && time < limit) {
      const pte = region.firstPte + (batch.kind === BatchKind.sequence ? nextInSequence(batch, region) : nextInList(batch));
      batch.remaining--;
      this.accesses++;
      const { faultPs, latencyPs } = this.#access(space, pte, batch.write === 1, time);
      time += batch.computePs + faultPs + latencyPs;
      if (this.#isSampled()) {
        this.faults.push({
          timePs: time,
          pte,
          space: space.id,
          kind: FaultKind.sample | (batch.write === 1 ? FaultKind.write : 0),
          latencyPs,
        });
        time += (this.#sampler?.costNs ?? 0) * PS_PER_NS;
      }
    }
    return time;
  }

  #isSampled(): boolean {
    if (this.#sampler === undefined || !this.sampling) return false;
    this.#counted++;
    if (this.#counted !== this.#sampler.first + this.#sampled * this.#sampler.every) return false;
    this.#sampled++;
    return true;
  }

  #access(space: AddressSpace, pte: number, write: boolean, timePs: number): { faultPs: number; latencyPs: number } {
    const faultPs = ptePlain(this.#flags(pte)) ? 0 : this.#fault(space, pte, write, timePs) * PS_PER_NS;
    let walkPs = 0;
    const flags = this.#flags(pte);
    const huge = (flags & Pte.huge) !== 0;
    const key = huge ? Math.floor(pte / PTES_PER_PMD) : pte;
    const known = this.tlb === null ? false : (huge ? this.tlb.huge : this.tlb.small).access(key, write);
    this.marks8[4 * pte + Mark.touched] = 1;
    if (!known) {
      if (huge) this.pmdAccessed[key] = 1;
      else this.marks8[4 * key + Mark.accessed] = 1;
      if (write && huge) this.pmdDirty[key] = 1;
      else if (write) this.marks8[4 * key + Mark.dirty] = 1;
      if (this.tlb !== null) {
        this.tlbMisses++;
        walkPs = this.#config.walkNs * PS_PER_NS;
      }
    }
    const memoryPs = Math.max(1, this.#topology.latencyNs[this.#nid][flags & Pte.nidMask] * PS_PER_NS);
    return { faultPs, latencyPs: walkPs + memoryPs };
  }

  #flags(pte: number): number {
    return this.#believed.get(pte) ?? this.#image.pteFlags[pte];
  }

  /** Returns what the fault costs, ns. */
  #fault(space: AddressSpace, pte: number, write: boolean, timePs: number): number {
    const armed = this.#image.pteFlags[pte];
    if (armed === 0) return this.#firstTouch(space, pte, timePs);
    this.faults.push({ timePs, pte, space: space.id, kind: FaultKind.hint | (write ? FaultKind.write : 0), latencyPs: 0 });
    this.#believe(pte, armed & ~Pte.protNone);
    return this.#config.hintFaultNs;
  }

  #firstTouch(space: AddressSpace, pte: number, timePs: number): number {
    this.faults.push({ timePs, pte, space: space.id, kind: FaultKind.firstTouch, latencyPs: 0 });
    const vma = space.vmas.find((v) => pte >= v.firstPte && pte < v.firstPte + (v.end - v.start) / PAGE_BYTES);
    if (vma === undefined) throw new Error(`entry ${pte} lies in no VMA of address space ${space.id}`);
    const huge = this.#thp && thpSuitable(this.#image, vma, pte);
    this.#believe(pte, Pte.present | Pte.write | this.#nid | (huge ? Pte.huge : 0));
    return this.#config.faultNs * (huge ? HUGE_FAULT : 1);
  }

  #believe(pte: number, flags: number): void {
    if ((flags & Pte.huge) === 0) {
      this.#believed.set(pte, flags);
      return;
    }
    const first = pte - (pte % PTES_PER_PMD);
    for (let i = 0; i < PTES_PER_PMD; i++) this.#believed.set(first + i, flags);
  }
}

/** masim's step: offset += stride; if (offset >= bytes) offset = 0. Returns the page of it. */
function nextInSequence(batch: AccessBatch, region: PlacedRegion): number {
  batch.offset += batch.stride;
  if (batch.offset >= batch.bytes) batch.offset = 0;
  return Math.floor((batch.offset + region.headerBytes) / PAGE_BYTES);
}

function nextInList(batch: AccessBatch): number {
  const page = batch.pages[batch.cursor];
  batch.cursor++;
  if (batch.cursor === batch.end) batch.cursor = batch.begin;
  return page;
}
