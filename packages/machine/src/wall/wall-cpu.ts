import { PS_PER_NS, SPSC_RING_SLOTS, SPSC_RING_WORDS, SpscRing } from '@damonlab/base';
import { Cpu, type CpuChannel, type CpuParts, EpochSlot, eventLogEntries, LOG_SLOTS, LogSlot, STATE_SLOTS, StateSlot } from '@damonlab/cpu';
import { HINT_FAULT_COUNTERS, type RacingHintFaults } from '@damonlab/hint-faults';
import type { RacingMemory } from '@damonlab/mm';
import type { ProtNuma } from '../prot-numa.js';
import { Shootdowns } from '../shootdowns.js';
import { CheckReader } from './accessed-audit.js';
import type { CpuFaults } from './cpu-faults.js';
import { LINE_WORDS, MOST_USERS, PHASE_COLUMNS, PUBLISHED, RACES, type RaceCounts, type WallViews, WallWord } from './layout.js';
import { leaveScan, scanIfAsked } from './scan-hands.js';
import { ShootdownReader } from './shootdown-log.js';

/** Larger ranges are not looked through for stale touches: nobody arms more than 2 MiB at once. */
const MOST_STALE_RANGE = 512;

export interface WallCpuParts {
  readonly views: WallViews;
  readonly channel: CpuChannel;
  /** For `Cpu`, but for what is this CPU's own here. */
  readonly cpu: Omit<CpuParts, 'channel' | 'faults'>;
  readonly faults: CpuFaults;
  readonly memory: RacingMemory;
  readonly hintFaults: RacingHintFaults | null;
  readonly nrUsers: number;
  /** Null: there is no NUMA balancing. */
  readonly protNuma: ProtNuma | null;
  readonly counts: RaceCounts;
}

/**
 * One CPU of the machine in wall time. What a round is in virtual time is a slice here, from where the CPU stood to now, and what the
 * coordinator settles between rounds the CPU settles between its slices by itself.
 */
export class WallCpu {
  /** How far it has come, ns. */
  nowNs = 0;
  readonly counts: RaceCounts;
  readonly #parts: WallCpuParts;
  readonly #cpu: Cpu;
  readonly #epoch = new Float64Array(8);
  readonly #dropped: Shootdowns;
  readonly #shootdowns: ShootdownReader;
  readonly #checks: CheckReader;
  readonly #phases: SpscRing;
  readonly #state: Float64Array;
  readonly #logs: Int32Array;
  readonly #phase = new Float64Array(PHASE_COLUMNS);
  #chargedPs = 0;
  #beats = 0;

  constructor(parts: WallCpuParts) {
    const { views, channel, cpu, faults, counts } = parts;
    const { id } = cpu;
    this.#parts = parts;
    this.counts = counts;
    const own = { ...channel, epoch: this.#epoch, shootdown: new Uint32Array(channel.shootdown.length) };
    this.#dropped = new Shootdowns(own, cpu.image.pteFlags.length);
    this.#shootdowns = new ShootdownReader(views);
    this.#checks = new CheckReader(views, cpu.image, counts);
    this.#phases = ringOf(views.phaseWords, views.phaseRecords, id, PHASE_COLUMNS, SPSC_RING_SLOTS);
    this.#state = channel.state.subarray(id * STATE_SLOTS, (id + 1) * STATE_SLOTS);
    this.#logs = channel.logs.subarray(id * LOG_SLOTS, (id + 1) * LOG_SLOTS);
    this.#epoch[EpochSlot.arming] = parts.hintFaults === null ? 0 : 1;
    this.#cpu = new Cpu({ ...cpu, channel: own, faults });
  }

  /** Before the clock runs: take up the threads, whose programs may take long to make. */
  prepare(): void {
    this.#run(0);
    this.#publish();
  }

  /** Whether none of its threads has anything to do any more. */
  get empty(): boolean {
    return this.#logs[LogSlot.nrLive] === 0;
  }

  /** Let the time up to `toNs` go by without an access. */
  skipTo(toNs: number): void {
    this.nowNs = toNs;
  }

  /** Make the accesses up to `toNs`. */
  slice(toNs: number): void {
    this.#settle();
    const checkNs = this.#checks.pending(this.nowNs, toNs);
    if (checkNs >= 0) {
      this.#run(checkNs);
      this.#checks.count();
    }
    this.#run(toNs);
    this.counts.slices++;
    this.#publish();
  }

  /** The run is over. */
  leave(): void {
    leaveScan(this.#parts.views, this.#parts.cpu.id);
  }

  /** Between slices: part of a scan, translations to drop, threads to give away, time that threads owe. */
  #settle(): void {
    const { views, channel, cpu, hintFaults, protNuma } = this.#parts;
    if (protNuma !== null) scanIfAsked(views, cpu.id, protNuma);
    const all = this.#shootdowns.read((first, end) => {
      if (hintFaults !== null && end - first <= MOST_STALE_RANGE) this.counts.stale_tlb_hits += hintFaults.staleTouches(first, end);
      this.#dropped.drop(first, end);
    });
    if (!all) {
      this.counts.tlb_overruns++;
      this.#dropped.clear();
      this.#dropped.drop(0, cpu.image.pteFlags.length);
    }
    for (let thread = 0; thread < views.wish.length; thread++) if (channel.threadCpu[thread] === cpu.id) this.#giveAway(thread);
    this.#epoch[EpochSlot.moves] = Atomics.load(views.words, WallWord.moves);
    this.#epoch[EpochSlot.sampling] = Atomics.load(views.words, WallWord.sampling);
    this.#epoch[EpochSlot.slowdowns] = Atomics.load(views.words, WallWord.slowdowns);
    const chargedPs = views.charged[cpu.id * STATE_SLOTS + StateSlot.owedPs];
    this.#owe(chargedPs - this.#chargedPs);
    this.#chargedPs = chargedPs;
  }

  /** Whoever a thread is to go to takes it up as it was put down here. */
  #giveAway(thread: number): void {
    const { views, channel, cpu } = this.#parts;
    const to = Atomics.load(views.wish, thread);
    if (to === cpu.id) return;
    channel.threadCpu[thread] = to;
    Atomics.add(views.words, WallWord.moves, 1);
  }

  /** The running thread owes `ps` more; what the CPU spent on faults that were none is set against it. */
  #owe(ps: number): void {
    const { faults } = this.#parts;
    const paid = Math.min(ps, faults.creditPs);
    faults.creditPs -= paid;
    this.#state[StateSlot.owedPs] += ps - paid;
  }

  #run(toNs: number): void {
    this.#parts.faults.startNs = this.nowNs;
    this.#epoch[EpochSlot.startNs] = this.nowNs;
    this.#epoch[EpochSlot.endNs] = toNs;
    this.#epoch[EpochSlot.generation] = this.#parts.memory.generation;
    this.#cpu.runEpoch();
    this.#passPhases();
    this.nowNs = toNs;
    // Only the first piece of a slice drops.
    this.#dropped.clear();
  }

  /** Nothing else is worth waiting for: a phase that is not told is a wrong result. */
  #passPhases(): void {
    const { channel, cpu } = this.#parts;
    const first = cpu.id * eventLogEntries(cpu.sizes);
    for (let i = 0; i < this.#logs[LogSlot.nrEvents]; i++) {
      this.#phase[0] = this.nowNs + Math.floor(channel.eventTimePs[first + i] / PS_PER_NS);
      this.#phase[1] = channel.eventThread[first + i];
      this.#phase[2] = channel.eventPhase[first + i];
      while (this.#phases.push(this.#phase) !== 'queued') Atomics.wait(this.#parts.views.heartbeat, cpu.id * LINE_WORDS, this.#beats, 1);
    }
    this.#logs[LogSlot.nrEvents] = 0;
  }

  /** Tell the coordinator where this CPU stands, and that it lives. */
  #publish(): void {
    const { views, cpu, memory, faults, hintFaults } = this.#parts;
    this.counts.lost_claims = hintFaults?.lostClaims ?? 0;
    this.counts.lost_first_touches = memory.lostFirstTouches;
    let at = cpu.id * (RACES.length + PUBLISHED.length);
    for (const race of RACES) views.counts[at++] = this.counts[race];
    const { pgfault, thp_fault_alloc, thp_fault_fallback } = memory.counters;
    const published = [pgfault, thp_fault_alloc, thp_fault_fallback, memory.generation, faults.sampled, faults.sampledLatencyNs];
    views.counts.set(published, at);
    if (hintFaults !== null) this.#publishUsers(hintFaults);
    Atomics.store(views.acknowledged, cpu.id * LINE_WORDS, this.#shootdowns.last);
    Atomics.store(views.heartbeat, cpu.id * LINE_WORDS, ++this.#beats);
  }

  #publishUsers(hintFaults: RacingHintFaults): void {
    const { views, cpu, nrUsers } = this.#parts;
    let at = cpu.id * MOST_USERS * HINT_FAULT_COUNTERS.length;
    for (let user = 0; user < nrUsers; user++) {
      const counters = hintFaults.counters(user);
      for (const name of HINT_FAULT_COUNTERS) views.userCounts[at++] = counters[name];
    }
    views.orphans[cpu.id] = hintFaults.orphans;
  }
}

/** The ring of CPU `id` in a block of such rings. */
export function ringOf(words: Int32Array, records: Float64Array, id: number, columns: number, slots: number): SpscRing {
  const size = slots * columns;
  return new SpscRing(
    {
      words: words.subarray(id * SPSC_RING_WORDS, (id + 1) * SPSC_RING_WORDS),
      records: records.subarray(id * size, (id + 1) * size),
    },
    columns,
  );
}
