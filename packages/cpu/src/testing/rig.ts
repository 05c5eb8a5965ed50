import { PAGE_BYTES, Prng, PTES_PER_PMD } from '@damonlab/base';
import {
  type AddressSpace,
  allocateImage,
  buildAddressSpace,
  Mark,
  Memory,
  type MemoryImage,
  openImage,
  Pte,
  pteToAddr,
  type Topology,
  vmaAt,
} from '@damonlab/mm';
import { AccessBatch, type AccessProgram, BatchKind, type RunList } from '@damonlab/workload';
import { expect } from 'vitest';
import { AccessCore } from '../access-core.js';
import { AccessSampler, type SamplingConfig } from '../access-sampler.js';
import { allocateChannel, type ChannelSizes, type CpuChannel, FaultKind, LogSlot, openChannel } from '../channel.js';
import type { CpuConfig, TlbConfig } from '../config.js';
import { costTable } from '../cost-table.js';
import type { TimingConfig } from '../cpu.js';
import { FaultLog } from '../fault-log.js';
import { LatencyProbe } from '../latency-probe.js';
import { type AccessEngine, runAccesses } from '../run-accesses.js';
import { runRuns } from '../run-runs.js';
import { SumsRunner } from '../run-sums.js';
import { SteadyRegion } from '../steady-region.js';
import { SimThread } from '../thread.js';
import { Tlb } from '../tlb.js';
import { ReferenceCpu } from './reference-cpu.js';

/** Two nodes that differ in latency; CPU 0 is on node 0. Node 0 is small enough to fill up. */
export const TWO_NODES: Topology = {
  name: 'two',
  nodes: [
    { cpus: 1, memoryBytes: 3 * PTES_PER_PMD * PAGE_BYTES },
    { cpus: 1, memoryBytes: 64 * PTES_PER_PMD * PAGE_BYTES },
  ],
  distance: [
    [10, 20],
    [20, 10],
  ],
  latencyNs: [
    [3, 7],
    [7, 3],
  ],
};

export interface Setup {
  readonly tlb: TlbConfig;
  readonly thp: 'never' | 'always';
  /** Regions of two address spaces: pages, header. */
  readonly spaces: readonly (readonly { readonly pages: number; readonly headerBytes: number }[])[];
  /** Page lists that batches share, relative to a region; taken modulo its pages. */
  readonly lists: readonly (readonly number[])[];
  /** Nobody ever arms a page, and the access loops are built for that. */
  readonly unarmed?: boolean;
  /** Accesses are sampled, until a round says that they are not. */
  readonly sampling?: SamplingConfig | null;
  /** Accesses are timed, which the reference beside does not: it must make no difference. */
  readonly timing?: TimingConfig | null;
}

/** One call of the access loop; times relative to the present. */
export interface Run {
  readonly space: number;
  readonly region: number;
  readonly write: boolean;
  readonly accesses: number;
  readonly computePs: number;
  /** After so many accesses' worth of hits time is over, again and again, until the batch is done or given up after so many calls. */
  readonly limits: readonly number[];
  /** What the coordinator does between two such calls. */
  readonly between: Round | null;
  readonly access:
    | { readonly kind: 'sequence'; readonly stride: number; readonly bytes: number; readonly offset: number }
    | { readonly kind: 'pages'; readonly list: number; readonly begin: number; readonly length: number; readonly cursor: number };
}

/** A `runs` batch; regions and pages are taken modulo what there is. */
export interface RunsCall {
  readonly space: number;
  readonly records: readonly {
    readonly region: number;
    readonly page: number;
    readonly write: boolean;
    readonly count: number;
    readonly span: number;
  }[];
  readonly computePs: number;
  readonly limits: readonly number[];
  readonly between: Round | null;
}

/** Entries of which the coordinator clears the Accessed bit (and DAMON's truth log takes `touched`) between two rounds. */
export interface Round {
  readonly clearEvery: number;
  readonly clearFrom: number;
  readonly takeTouched: boolean;
  /** Every so many entries move to the other node; 0: none. */
  readonly moveEvery: number;
  /** Every so many entries are armed; 0: none. */
  readonly armEvery?: number;
  /** Before that, what is still armed is disarmed. */
  readonly disarm?: boolean;
  /** From now on accesses are sampled, or are not. */
  readonly sampled?: boolean;
}

const IDLE: AccessProgram = { lists: [], next: () => {}, save: () => {}, restore: () => {} };
const HIT_PS = 3_000;
const NONE = new Float64Array(0);
const MOST_FAULTS = 1 << 14;
const SIZES: ChannelSizes = {
  nrCpus: 1,
  epochMaxNs: MOST_FAULTS * 100,
  faultNs: 100,
  nrThreads: 1,
  threadWords: 0,
  nrRegionCounters: 0,
  latencies: true,
  traffic: false,
};

/** The access loop under test and the reference beside it: every step goes to both, and they must agree after it. */
export class Rig {
  readonly reference: ReferenceCpu;
  readonly core: AccessCore;
  readonly tlb: Tlb | null;
  readonly steady = new SteadyRegion();
  /** Batches of sums that were made as such, and those that were made in order. */
  readonly summed = { atOnce: 0, inOrder: 0 };
  readonly #engine: AccessEngine;
  readonly #image: MemoryImage;
  readonly #memory: Memory;
  readonly #channel: CpuChannel;
  readonly #spaces: readonly AddressSpace[];
  readonly #lists: readonly (readonly number[])[];
  readonly #arming: boolean;
  readonly #listsOf = new Map<string, Uint32Array>();
  #time = 0;

  constructor(setup: Setup) {
    const config: CpuConfig = {
      tlb: setup.tlb,
      walkNs: 11,
      faultNs: SIZES.faultNs,
      contextSwitchNs: 1000,
      sliceNs: 1e6,
      hintFaultNs: 700,
      shootdownNs: 300,
    };
    const layout = layOut(setup.spaces);
    const sizes = { nrPtes: layout.at(-1)?.endPte ?? 0, nrFrames: nrFrames(TWO_NODES) };
    this.#spaces = layout;
    this.#lists = setup.lists;
    this.#arming = setup.unarmed !== true;
    this.#image = openImage(allocateImage(sizes), sizes);
    this.#memory = new Memory(TWO_NODES, this.#image, setup.thp);
    this.#channel = openChannel(allocateChannel(SIZES), SIZES);
    this.tlb = setup.tlb.kind === 'off' ? null : new Tlb(setup.tlb, this.#image.pteFlags.length, this.#image.pmdAccessed.length);
    const faults = new FaultLog(this.#channel, SIZES, this.#image, { id: 0, nid: 0 }, setup.thp);
    this.core = new AccessCore(this.#image, costTable(TWO_NODES, config, 0), this.tlb, faults, config);
    const sampling = setup.sampling ?? null;
    const { timing = null } = setup;
    this.#engine = {
      core: this.core,
      steady: this.steady,
      sums: new SumsRunner(this.core),
      sampler: sampling === null ? null : new AccessSampler(sampling),
      probe:
        timing === null
          ? null
          : new LatencyProbe(timing.every, timing.first, { latencies: this.#channel.latencies, lines: NONE, timed: NONE, ps: NONE }),
    };
    this.reference = new ReferenceCpu(this.#image, TWO_NODES, config, 0, setup.thp, sampling ?? undefined);
    this.#sample(true);
    this.core.startRound(this.#memory.generation, this.#arming);
    this.reference.startRound();
  }

  /** Accesses that were timed, by `latencyBucket`. */
  get latencies(): Float64Array {
    return this.#channel.latencies;
  }

  /** Map pages beforehand: every `every`th of all regions, on node `nid`. */
  premap(every: number, nid: number): void {
    for (const space of this.#spaces) {
      for (const region of space.regions) {
        const end = region.firstPte + (region.end - region.start) / PAGE_BYTES;
        for (let pte = region.firstPte; pte < end; pte += every) this.#resolve(space, pte, nid);
      }
    }
  }

  run(run: Run): void {
    const space = this.#spaces[run.space % this.#spaces.length];
    const region = space.regions[run.region % space.regions.length];
    this.#enter(space);
    const batch = this.#batch(run, run.region % space.regions.length, region);
    const expected = Object.assign(new AccessBatch(), batch);
    for (const accesses of run.limits) {
      const limit = this.#time + accesses * (run.computePs + HIT_PS);
      const end = this.reference.run(expected, space, region, this.#time, limit);
      const time = runAccesses(this.#engine, batch, region, this.#time, limit);
      expect({ time, ...progress(batch) }).toEqual({ time: end, ...progress(expected) });
      this.#time = time;
      this.compare();
      if (run.between !== null && batch.remaining > 0) this.round(run.between);
    }
  }

  /** The same for a list of runs, or for its sums: the reference makes every access of them by itself. */
  runs({ space: index, records, computePs, limits, between }: RunsCall, as: 'runs' | 'sums' = 'runs'): void {
    const space = this.#spaces[index % this.#spaces.length];
    this.#enter(space);
    const { batch: inOrder, accesses } = fillRuns(space, records, computePs);
    const program = { ...IDLE, unfold: (batch: AccessBatch) => Object.assign(batch, inOrder) };
    const thread = new SimThread(0, space, program, Prng.stream(0, 'rig'), 0);
    Object.assign(thread.batch, as === 'runs' ? inOrder : sumUp(accesses, computePs));
    const counters = new Float64Array(2 * space.regions.length);
    const expected = new Float64Array(2 * space.regions.length);
    let made = 0;
    for (const wanted of limits) {
      const limit = this.#time + wanted * (computePs + HIT_PS);
      let end = this.#time;
      for (; made < accesses.length && end < limit; made++) {
        const { region, page, write } = accesses[made];
        const fields = { kind: BatchKind.pages, pages: Uint32Array.of(page), end: 1, remaining: 1, write, computePs };
        end = this.reference.run(Object.assign(new AccessBatch(), fields), space, space.regions[region], end, limit);
        expected[2 * region + write]++;
      }
      const time = this.#batchOfRuns(thread, counters, limit);
      expect({ time, done: thread.batch.remaining === 0, counters }).toEqual({
        time: end,
        done: made === accesses.length,
        counters: expected,
      });
      this.#time = time;
      this.compare();
      if (between !== null && thread.batch.remaining > 0) this.round(between);
    }
  }

  #batchOfRuns(thread: SimThread, counters: Float64Array, limit: number): number {
    const { batch } = thread;
    if (batch.kind === BatchKind.sums && batch.remaining > 0) {
      const time = this.#engine.sums.run(this.#engine, thread, counters, this.#time, limit);
      expect(batch.remaining === 0).toBe(batch.kind === BatchKind.sums);
      this.summed[batch.remaining === 0 ? 'atOnce' : 'inOrder']++;
      if (batch.remaining === 0) return time;
      expect(time).toBe(this.#time);
    }
    return batch.remaining > 0 ? runRuns(this.#engine, thread, counters, this.#time, limit) : this.#time;
  }

  /** The round ends, the coordinator resolves its faults, clears some Accessed bits and arms some pages, the next round begins. */
  round({ clearEvery, clearFrom, takeTouched, moveEvery, armEvery = 0, disarm = false, sampled = true }: Round): void {
    this.reference.faults.forEach(({ pte, space, kind }, i) => {
      // A neighbour may have been first, on the other node: the CPU does not get what it believed.
      if (kind === FaultKind.firstTouch) this.#resolve(this.#spaces[space], pte, i % 5 === 4 ? 1 : 0);
      else if ((kind & FaultKind.hint) !== 0) this.#memory.disarm(pte);
    });
    this.#channel.logs[LogSlot.nrFaults] = 0;
    for (const marks of [this.#image.marks8, this.reference.marks8]) {
      for (let pte = clearFrom; 4 * pte < marks.length; pte += clearEvery) {
        marks[4 * pte + Mark.accessed] = 0;
        if (takeTouched) marks[4 * pte + Mark.touched] = 0;
      }
    }
    for (const bits of [this.#image.pmdAccessed, this.reference.pmdAccessed]) bits.fill(0, 0, clearFrom % (bits.length + 1));
    if (moveEvery > 0) this.#move(clearFrom, moveEvery);
    if (disarm) this.#disarmAll();
    if (this.#arming && armEvery > 0) this.#arm(clearFrom, armEvery);
    this.core.startRound(this.#memory.generation, this.#arming);
    this.#sample(sampled);
    this.reference.startRound();
    this.#time = 0;
  }

  /** Everything that can be seen of either side. */
  compare(): void {
    const { core, reference, tlb } = this;
    expect({ accesses: core.accesses, tlbMisses: core.tlbMisses }).toEqual({
      accesses: reference.accesses,
      tlbMisses: reference.tlbMisses,
    });
    expect(firstDifference(this.#image.marks8, reference.marks8)).toEqual(-1);
    expect(firstDifference(this.#image.pmdAccessed, reference.pmdAccessed)).toEqual(-1);
    expect(firstDifference(this.#image.pmdDirty, reference.pmdDirty)).toEqual(-1);
    expect(this.#faults()).toEqual(reference.faults);
    if (tlb === null || reference.tlb === null) return;
    expect(tlb.small.residents(0, this.#image.pteFlags.length)).toEqual(reference.tlb.small.residents());
    expect(tlb.huge.residents(0, this.#image.pmdAccessed.length)).toEqual(reference.tlb.huge.residents());
  }

  #batch(run: Run, index: number, region: AddressSpace['regions'][number]): AccessBatch {
    const batch = new AccessBatch();
    const pages = (region.end - region.start) / PAGE_BYTES;
    Object.assign(batch, { region: index, write: run.write ? 1 : 0, remaining: run.accesses, computePs: run.computePs });
    if (run.access.kind === 'sequence') {
      const bytes = Math.max(1, Math.min(run.access.bytes, pages * PAGE_BYTES - region.headerBytes));
      const offset = run.access.offset % bytes;
      return Object.assign(batch, { kind: BatchKind.sequence, stride: run.access.stride, bytes, offset });
    }
    const list = this.#list(run.access.list % this.#lists.length, pages);
    const begin = run.access.begin % list.length;
    const end = Math.min(list.length, begin + Math.max(1, run.access.length));
    return Object.assign(batch, { kind: BatchKind.pages, pages: list, begin, end, cursor: begin + (run.access.cursor % (end - begin)) });
  }

  /** The same array every time, as programs hand out the same lists again and again. */
  #list(list: number, pages: number): Uint32Array {
    const key = `${list}/${pages}`;
    const made = this.#listsOf.get(key) ?? Uint32Array.from(this.#lists[list], (page) => page % pages);
    this.#listsOf.set(key, made);
    return made;
  }

  #enter(space: AddressSpace): void {
    const { core, tlb, reference } = this;
    core.enter(0, space);
    tlb?.switchTo(space.id, (id) => {
      const { firstPte, endPte } = this.#spaces[id];
      tlb.small.flushRange(firstPte, endPte);
      tlb.huge.flushRange(firstPte / PTES_PER_PMD, endPte / PTES_PER_PMD);
      core.disturbed++;
    });
    reference.tlb?.switchTo(space.id, (id) => {
      const { firstPte, endPte } = this.#spaces[id];
      reference.tlb?.small.forget(firstPte, endPte);
      reference.tlb?.huge.forget(firstPte / PTES_PER_PMD, endPte / PTES_PER_PMD);
    });
  }

  #resolve(space: AddressSpace, pte: number, nid: number): void {
    const vma = vmaAt(space, pteToAddr(space, pte));
    if (vma !== undefined) this.#memory.handleFault(space, vma, pte, nid);
  }

  /** What a migration means to the access loop: the entry names another node. */
  #move(from: number, every: number): void {
    const { pteFlags } = this.#image;
    for (let pte = from; pte < pteFlags.length; pte += every) {
      if ((pteFlags[pte] & (Pte.present | Pte.huge)) === Pte.present) pteFlags[pte] ^= 1;
    }
    this.#memory.generation++;
  }

  /** Armed pages are dropped from the TLBs, as a shootdown does. */
  #arm(from: number, every: number): void {
    for (let pte = from; pte < this.#image.pteFlags.length; pte += every) {
      if (!this.#memory.arm(pte)) continue;
      const { first, end } = this.#memory.extent(pte);
      this.tlb?.drop(first, end);
      this.reference.tlb?.small.forget(first, end);
      this.reference.tlb?.huge.forget(Math.floor(first / PTES_PER_PMD), Math.ceil(end / PTES_PER_PMD));
      this.core.disturbed++;
    }
  }

  #sample(on: boolean): void {
    if (this.#engine.sampler !== null) this.#engine.sampler.on = on;
    this.reference.sampling = on;
  }

  #disarmAll(): void {
    for (let pte = 0; pte < this.#image.pteFlags.length; pte++) this.#memory.disarm(pte);
  }

  #faults() {
    const { faultTimePs, faultPte, faultSpace, faultKind, faultLatencyPs, logs } = this.#channel;
    return Array.from({ length: logs[LogSlot.nrFaults] }, (_, i) => {
      const latencyPs = (faultKind[i] & FaultKind.sample) === 0 ? 0 : faultLatencyPs[i];
      return { timePs: faultTimePs[i], pte: faultPte[i], space: faultSpace[i], kind: faultKind[i], latencyPs };
    });
  }
}

interface PlacedAccess {
  readonly region: number;
  readonly page: number;
  readonly write: 0 | 1;
}

/** A batch of runs, and the single accesses that it stands for. */
function fillRuns(space: AddressSpace, records: RunsCall['records'], computePs: number): { batch: AccessBatch; accesses: PlacedAccess[] } {
  const placed = records.map(({ region, page, write, count, span }) => {
    const at = region % space.regions.length;
    const pages = (space.regions[at].end - space.regions[at].start) / PAGE_BYTES;
    const first = page % pages;
    return { region: at, page: first, write: write ? (1 as const) : (0 as const), count, span: Math.min(span, pages - first) };
  });
  const accesses = placed.flatMap(({ region, page, write, count, span }) =>
    Array.from({ length: count * span }, (_, i) => ({ region, page: page + Math.floor(i / count), write })),
  );
  return { batch: batchOf(BatchKind.runs, placed, computePs), accesses };
}

/** The same accesses as sums. */
function sumUp(accesses: readonly PlacedAccess[], computePs: number): AccessBatch {
  const sums = new Map<string, PlacedAccess & { count: number; span: number }>();
  for (const access of accesses) {
    const key = `${access.region}/${access.page}/${access.write}`;
    const sum = sums.get(key) ?? { ...access, count: 0, span: 1 };
    sum.count++;
    sums.set(key, sum);
  }
  return batchOf(BatchKind.sums, [...sums.values()], computePs);
}

function batchOf(kind: number, runs: readonly (PlacedAccess & { count: number; span: number })[], computePs: number): AccessBatch {
  const list: RunList = {
    refs: Uint32Array.from(runs, ({ write }, i) => 2 * i + write),
    counts: Uint32Array.from(runs, ({ count }) => count),
    spans: Uint32Array.from(runs, ({ span }) => span),
    region: Uint32Array.from(runs, ({ region }) => region),
    page: Uint32Array.from(runs, ({ page }) => page),
  };
  const { length } = runs;
  return Object.assign(new AccessBatch(), { kind, cursor: 0, end: length, remaining: length, computePs, runs: list });
}

function layOut(spaces: Setup['spaces']): AddressSpace[] {
  const layout: AddressSpace[] = [];
  spaces.forEach((regions, id) => {
    const requests = regions.map(({ pages, headerBytes }, r) => {
      return { name: `r${r}`, role: 'data' as const, bytes: pages * PAGE_BYTES - headerBytes, headerBytes };
    });
    layout.push(buildAddressSpace(id, requests, layout.at(-1)?.endPte ?? 0, Prng.stream(id, 'rig')));
  });
  return layout;
}

function progress(batch: AccessBatch) {
  return { remaining: batch.remaining, offset: batch.offset, cursor: batch.cursor };
}

function nrFrames(topology: Topology): number {
  return topology.nodes.reduce((sum, node) => sum + node.memoryBytes / PAGE_BYTES, 0);
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  return a.every((byte, i) => byte === b[i]) ? -1 : a.findIndex((byte, i) => byte !== b[i]);
}
