import { Prng, PS_PER_NS } from '@damonlab/base';
import {
  type CostTable,
  type CpuChannel,
  costTable,
  HUGE_FAULT_FACTOR,
  LATENCY_BUCKETS,
  latencyBucket,
  latencyBucketPs,
  type TimingConfig,
} from '@damonlab/cpu';
import { Pte } from '@damonlab/mm';
import type { LatencyRow } from '@damonlab/record';
import type { MachineConfig } from './config.js';
import { overCpus } from './over-cpus.js';

/** One access in so many tells which node moves lines, if nobody times another share; a prime, for the sake of sweeps. */
const TRAFFIC_EVERY = 4_099;

/** Which accesses of a CPU are timed: each CPU counts from a phase of its own. Null: none. */
export function timingOf({ seed, latencyEvery, topology }: MachineConfig, cpu: number): TimingConfig | null {
  const every = latencyEvery ?? (topology.bandwidthGBps === undefined ? 0 : TRAFFIC_EVERY);
  return every === 0 ? null : { every, first: 1 + Prng.stream(seed, `latency/${cpu}`).below(every) };
}

/** Faults by `latencyBucket`, one block after the other if several CPUs count for themselves. */
export interface FaultLatencies {
  readonly firstTouches: Float64Array;
  readonly hintFaults: Float64Array;
}

/**
 * How long accesses took. Those that faulted are all here, with what the coordinator decided about them (a page that migrated); of the
 * others the CPUs have timed one in so many.
 */
export class LatencyLog {
  readonly #every: number;
  readonly #faultNs: number;
  readonly #hintFaultNs: number;
  readonly #translated: boolean;
  readonly #plain: Float64Array;
  readonly #faults: FaultLatencies;
  /** By node of the CPU. */
  readonly #costs: readonly CostTable[];

  /** `faults`: where faults are counted; left out: here alone. */
  constructor(
    { cpu, topology, latencyEvery = 0 }: MachineConfig,
    channel: CpuChannel,
    faults: FaultLatencies = { firstTouches: new Float64Array(LATENCY_BUCKETS), hintFaults: new Float64Array(LATENCY_BUCKETS) },
  ) {
    this.#every = latencyEvery;
    this.#faultNs = cpu.faultNs;
    this.#hintFaultNs = cpu.hintFaultNs;
    this.#translated = cpu.tlb.kind !== 'off';
    this.#plain = channel.latencies;
    this.#faults = faults;
    this.#costs = topology.nodes.map((_, nid) => costTable(topology, cpu, nid));
  }

  /** A CPU of node `nid` touched a page first, `flags` is how it is mapped now, and it had to wait `stallNs` for memory. */
  firstTouch(nid: number, flags: number, stallNs: number): void {
    const factor = (flags & Pte.huge) === 0 ? 1 : HUGE_FAULT_FACTOR;
    const faultPs = Math.round((factor * this.#faultNs + stallNs) * PS_PER_NS);
    this.#faults.firstTouches[latencyBucket(this.#accessPs(nid, flags) + faultPs)]++;
  }

  /** A CPU of node `nid` touched an armed page that was mapped by `flags`, and the fault took `moreNs` on top of what one takes. */
  hintFault(nid: number, flags: number, moreNs: number): void {
    const ps = this.#accessPs(nid, flags & ~Pte.protNone) + Math.round((this.#hintFaultNs + moreNs) * PS_PER_NS);
    this.#faults.hintFaults[latencyBucket(ps)]++;
  }

  /** All that was counted. */
  rows(): LatencyRow[] {
    return [
      ...rowsOf('access', this.#every, (bucket) => overCpus(this.#plain, bucket, LATENCY_BUCKETS)),
      ...rowsOf('first_touch', 1, (bucket) => overCpus(this.#faults.firstTouches, bucket, LATENCY_BUCKETS)),
      ...rowsOf('hint_fault', 1, (bucket) => overCpus(this.#faults.hintFaults, bucket, LATENCY_BUCKETS)),
    ];
  }

  /** The access itself, once the fault is over. */
  #accessPs(nid: number, flags: number): number {
    const { hitPs, walkPs } = this.#costs[nid];
    return this.#translated ? walkPs[flags & ~Pte.huge] : hitPs[flags & ~Pte.huge];
  }
}

/** Empty buckets are left out. */
function rowsOf(kind: LatencyRow['kind'], every: number, countOf: (bucket: number) => number): LatencyRow[] {
  return Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => ({
    kind,
    lowPs: latencyBucketPs(bucket),
    highPs: latencyBucketPs(bucket + 1),
    count: countOf(bucket),
    every,
  })).filter(({ count }) => count > 0);
}
