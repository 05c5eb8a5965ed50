import { UserError } from '@damonlab/base';
import { type DamonAttrs, SplitMemory } from '@damonlab/damon';
import type { SeenAccess } from '@damonlab/damon-ops';
import type { AttributionWindow, RunCounters, RunTables, Snapshot, TableName } from '@damonlab/record';
import type { FaultUser } from './arbiter.js';
import { monitorsOf } from './config.js';
import type { AttrsChange, CommitRecord, RegionsNow } from './control.js';
import { KdamondHost, type KdamondParts } from './kdamond-host.js';
import type { Policy } from './policies.js';

export interface KdamondsParts extends Omit<KdamondParts, 'index' | 'monitor' | 'splitMemory' | 'onSnapshot' | 'onAttribution' | 'onRows'> {
  readonly onSnapshot: (snapshot: Snapshot, kdamond: number) => void;
  readonly onAttribution: (window: AttributionWindow, kdamond: number) => void;
  readonly onRows: <Name extends TableName>(table: Name, rows: readonly RunTables[Name][], kdamond: number) => void;
  /** What acts at the end of the first kdamond's windows. */
  readonly policies: readonly Policy[];
}

/**
 * All kdamonds of the machine, each with the one context that the kernel gives it. They share the page tables and, as in the kernel, what
 * the last split of regions remembers; one that is due at the same instant as another comes after it if it was started after it.
 */
export class Kdamonds {
  readonly #hosts: readonly KdamondHost[];

  constructor(parts: KdamondsParts) {
    const { config, memory, processes, phases, hintFaults, wall, channel, changed, check } = parts;
    const splitMemory = new SplitMemory();
    this.#hosts = monitorsOf(config).map(
      (monitor, index) =>
        // Field by field: what is read in each wake-up is not made by a spread (docs/decisions/0003).
        new KdamondHost({
          config,
          memory,
          processes,
          phases,
          hintFaults,
          wall,
          channel,
          changed,
          check,
          index,
          monitor,
          splitMemory,
          policies: index === 0 ? parts.policies : [],
          onSnapshot: (snapshot) => parts.onSnapshot(snapshot, index),
          onAttribution: (window) => parts.onAttribution(window, index),
          onRows: (table, rows) => parts.onRows(table, rows, index),
        }),
    );
  }

  /** Whether nobody watches. */
  get none(): boolean {
    return this.#hosts.length === 0;
  }

  /** When the next one wants to wake up, ns; Infinity: all have ended, or there is none. */
  get nextNs(): number {
    let nextNs = Number.POSITIVE_INFINITY;
    for (const { wakeNs } of this.#hosts) nextNs = Math.min(nextNs, wakeNs);
    return nextNs;
  }

  /** Regions of all targets. */
  get nrRegions(): number {
    return this.#hosts.reduce((sum, { nrRegions }) => sum + nrRegions, 0);
  }

  /** Whether the CPUs sample accesses now. */
  get sampling(): boolean {
    return this.#hosts.some(({ sampling }) => sampling);
  }

  /** The user of hinting faults among them. */
  get faultUser(): FaultUser | undefined {
    return this.#hosts.find(({ faultUser }) => faultUser !== undefined)?.faultUser;
  }

  /** A CPU sampled an access, which took `latencyNs`. */
  onSample(seen: SeenAccess, latencyNs: number): void {
    for (const host of this.#hosts) host.onSample(seen, latencyNs);
  }

  /** Wake those that are due. Returns whether one began to monitor or completed a window. */
  wake(nowNs: number): boolean {
    let cut = false;
    for (const host of this.#hosts) {
      if (nowNs < host.wakeNs) continue;
      const begins = !host.started;
      host.wake(nowNs);
      cut ||= begins || host.aggregated;
    }
    return cut;
  }

  /** Attributes of the first one, asked for or in force; null: nobody watches. */
  get attrs(): DamonAttrs | null {
    return this.#hosts[0]?.attrs ?? null;
  }

  /** What was asked of the first one while it ran. */
  get committed(): readonly CommitRecord[] {
    return this.#hosts[0]?.committed ?? [];
  }

  /** Other attributes for the first one from `atNs` on. @throws UserError if the kernel refuses them, or nobody watches. */
  commit(change: AttrsChange, atNs: number): CommitRecord {
    const [first] = this.#hosts;
    if (first !== undefined) return first.commit(change, atNs);
    throw new UserError('nobody monitors in this run', { where: 'commit', expected: 'a scenario with a monitor' });
  }

  /** Weights by node for all destinations of the first one's schemes, from `atNs` on. */
  setDests(weights: ReadonlyMap<number, number>, atNs: number): void {
    this.#hosts[0]?.setDests(weights, atNs);
  }

  /** Regions of the first one. */
  regions(): RegionsNow[] {
    return this.#hosts[0]?.regions() ?? [];
  }

  /** What all have done together. */
  counters(): RunCounters {
    const sum = (count: (host: KdamondHost) => number) => this.#hosts.reduce((total, host) => total + count(host), 0);
    const samples = sum(({ counters }) => counters.samples);
    const workNs = sum(({ counters }) => counters.workNs);
    return {
      nr_samples: samples,
      nr_aggregations: sum(({ counters }) => counters.aggregations),
      kdamond_ns: workNs,
      kdamond_ns_per_sample: samples === 0 ? 0 : workNs / samples,
      ...Object.assign({}, ...this.#hosts.map(({ reportCounters }) => reportCounters)),
    };
  }
}
