import { type CpuChannel, EpochSlot } from '@damonlab/cpu';
import { MAX_NODES, NodeLoad, type Topology } from '@damonlab/mm';
import { overCpus } from './over-cpus.js';

export const LINE_BYTES = 64;

/**
 * Lets the latency of each node rise with its load. Between epochs it looks at what the CPUs moved, and tells them how long memory takes
 * next; so that does not depend on who carries the CPUs.
 */
export class Bandwidth {
  readonly #channel: CpuChannel;
  readonly #nodes: readonly NodeLoad[];
  /** By node, since the start. */
  readonly #lines: Float64Array;
  /** Slowdown by time, since the start. */
  readonly #slowNs: Float64Array;
  #elapsedNs = 0;

  constructor(channel: CpuChannel, bandwidthGBps: readonly number[]) {
    this.#channel = channel;
    this.#nodes = bandwidthGBps.map((bytesPerNs) => new NodeLoad(bytesPerNs));
    this.#lines = new Float64Array(this.#nodes.length);
    this.#slowNs = new Float64Array(this.#nodes.length);
    channel.slowdown.fill(1);
  }

  /** Null for a machine whose memory does not slow down. */
  static of({ bandwidthGBps }: Topology, channel: CpuChannel): Bandwidth | null {
    return bandwidthGBps === undefined ? null : new Bandwidth(channel, bandwidthGBps);
  }

  /** An epoch of `ns` is over. */
  epoch(ns: number): void {
    const { slowdown, epoch } = this.#channel;
    let changed = false;
    this.#elapsedNs += ns;
    this.#nodes.forEach((node, nid) => {
      const lines = overCpus(this.#channel.nodeLines, nid, MAX_NODES);
      this.#slowNs[nid] += node.slowdown * ns;
      if (node.moved((lines - this.#lines[nid]) * LINE_BYTES, ns)) changed = true;
      this.#lines[nid] = lines;
      slowdown[nid] = node.slowdown;
    });
    if (changed) epoch[EpochSlot.slowdowns]++;
  }

  /** Bytes that a node has moved since the start. */
  bytes(nid: number): number {
    return this.#lines[nid] * LINE_BYTES;
  }

  /** Bytes that each node moved, and how many thousandths as long as without load its accesses took, in the mean over time. */
  counters(): Record<string, number> {
    return Object.fromEntries(
      this.#nodes.flatMap((_, nid) => [
        [`node${nid}_bytes`, this.bytes(nid)],
        [`node${nid}_slowdown_permil`, Math.round((1_000 * this.#slowNs[nid]) / Math.max(1, this.#elapsedNs))],
      ]),
    );
  }
}
