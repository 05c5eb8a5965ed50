import { UserError } from '@damonlab/base';
import { cpuToNode, nrCpus, type Topology } from '@damonlab/mm';
import type { NumaHost } from './host.js';
import { Jiffies } from './jiffies.js';
import { checkMode, NumaMode } from './mode.js';
import type { NumaProfile } from './profile.js';
import { newPromotionState, type PromotionState, resetMemoryTiering } from './promotion.js';
import { newSkipCounters, type SkipCounters } from './scan-skip.js';
import { checkTunables, DEFAULT_TUNABLES, type NumaTunables } from './tunables.js';
import { type NumaVmstat, newVmstat } from './vmstat.js';

export interface NumaBalancingConfig {
  readonly topology: Topology;
  readonly profile: NumaProfile;
  readonly host: NumaHost;
  /** Timer ticks a second, default 250. */
  readonly hz?: number;
  /** kernel.numa_balancing at boot, default `NumaMode.normal`. */
  readonly mode?: number;
  readonly tunables?: NumaTunables;
  /** By node: fast memory. Default: the nodes with CPUs. */
  readonly toptier?: readonly boolean[];
  /**
   * What happens to a left-over prot_none fault while the mode is 0. True, as the kernel does: it counts, exchanges the cpupid and may
   * migrate the page. False: the page is only made accessible again.
   */
  readonly leakWhenOff?: boolean;
  /**
   * Up to this many threads on a node a slight imbalance (2) is tolerated. Default: the number of nodes with CPUs, which is right for
   * one last-level cache per node.
   *
   * @kernel include/linux/sched/topology.h struct sched_domain imb_numa_nr
   */
  readonly imbNumaNr?: number;
}

/** One memory node. */
export interface NumaNode {
  readonly nid: number;
  readonly hasMemory: boolean;
  readonly toptier: boolean;
  /** CPUs `[firstCpu, endCpu)`. */
  readonly firstCpu: number;
  readonly endCpu: number;
  /** The node itself if it has CPUs, else the nearest one that has. @kernel numa_nearest_node(nid, N_CPU) */
  readonly nearestCpuNid: number;
  readonly promotion: PromotionState;
}

/**
 * NUMA balancing of one machine: settings, per-node state and counters. Behaviour lives in functions named like the kernel's that
 * take this as `nb`; threads, address spaces and groups are plain objects.
 */
export class NumaBalancing {
  readonly profile: NumaProfile;
  readonly host: NumaHost;
  readonly jiffies: Jiffies;
  readonly nodes: readonly NumaNode[];
  /** Nodes with CPUs. */
  readonly cpuNodes: readonly number[];
  readonly nrCpus: number;
  readonly leakWhenOff: boolean;
  readonly imbNumaNr: number;
  readonly vmstat: NumaVmstat = newVmstat();
  readonly skipped: SkipCounters = newSkipCounters();
  /** Groups founded so far. */
  groupsFounded = 0;
  readonly #cpuNid: Uint8Array;
  #mode: number;
  #tunables: NumaTunables;

  /** @throws UserError on settings that the kernel refuses. */
  constructor(config: NumaBalancingConfig) {
    const { topology, mode = NumaMode.normal, tunables = DEFAULT_TUNABLES, hz = 250 } = config;
    checkMode(mode);
    checkTunables(tunables);
    checkHz(hz);
    this.profile = config.profile;
    this.host = config.host;
    this.jiffies = new Jiffies(hz);
    this.nodes = nodesOf(topology, config.toptier);
    this.cpuNodes = this.nodes.filter((node) => node.endCpu > node.firstCpu).map((node) => node.nid);
    this.nrCpus = nrCpus(topology);
    this.leakWhenOff = config.leakWhenOff ?? true;
    this.imbNumaNr = config.imbNumaNr ?? this.cpuNodes.length;
    this.#cpuNid = Uint8Array.from({ length: this.nrCpus }, (_, cpu) => cpuToNode(topology, cpu));
    this.#mode = mode;
    this.#tunables = tunables;
  }

  /** kernel.numa_balancing. */
  get mode(): number {
    return this.#mode;
  }

  /** The static key: whether ticks scan and faults are counted per thread. @kernel sched_numa_balancing */
  get enabled(): boolean {
    return this.#mode !== NumaMode.disabled;
  }

  get tiering(): boolean {
    return (this.#mode & NumaMode.memoryTiering) !== 0;
  }

  get tunables(): NumaTunables {
    return this.#tunables;
  }

  /** Write kernel.numa_balancing. What is armed stays armed. @throws UserError @kernel kernel/sched/core.c sysctl_numa_balancing */
  setMode(mode: number, nowNs: number): void {
    checkMode(mode);
    const wasTiering = this.tiering;
    this.#mode = mode;
    if (this.tiering && !wasTiering) resetMemoryTiering(this, nowNs);
  }

  /** @throws UserError */
  setTunables(tunables: NumaTunables): void {
    checkTunables(tunables);
    this.#tunables = tunables;
  }

  /** Node of `cpu`, -1 where there is no such CPU. */
  cpuNid(cpu: number): number {
    return cpu < this.nrCpus ? this.#cpuNid[cpu] : -1;
  }

  /** Whether pages of `nid` keep the time they were armed instead of a cpupid. @kernel folio_use_access_time */
  usesAccessTime(nid: number): boolean {
    return this.tiering && !this.nodes[nid].toptier;
  }
}

function nodesOf(topology: Topology, toptier: readonly boolean[] | undefined): NumaNode[] {
  let cpu = 0;
  return topology.nodes.map((spec, nid) => {
    const firstCpu = cpu;
    cpu += spec.cpus;
    return {
      nid,
      hasMemory: spec.memoryBytes > 0,
      toptier: toptier?.[nid] ?? spec.cpus > 0,
      firstCpu,
      endCpu: cpu,
      nearestCpuNid: nearestCpuNode(topology, nid),
      promotion: newPromotionState(),
    };
  });
}

function nearestCpuNode(topology: Topology, from: number): number {
  let best = -1;
  topology.nodes.forEach((node, nid) => {
    if (node.cpus > 0 && (best < 0 || topology.distance[from][nid] < topology.distance[from][best])) best = nid;
  });
  return best;
}

function checkHz(hz: number): void {
  if (Number.isInteger(hz) && hz >= 1 && hz <= 10_000) return;
  throw new UserError('bad timer frequency', { where: 'hz', expected: 'a whole number, 1 to 10000', actual: String(hz) });
}
