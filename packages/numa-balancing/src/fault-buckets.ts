/**
 * What a bucket counts. The buffers collect since the last placement, which moves them into the decayed sums.
 *
 * @kernel include/linux/sched.h enum numa_faults_stats
 */
export const Stat = {
  /** Node of the memory. */ mem: 0,
  /** Node of the faulting CPU, weighted by run time. */ cpu: 1,
  membuf: 2,
  cpubuf: 3,
} as const;

/** 1: only this thread seems to use the page. 0: others too. */
export type Priv = 0 | 1;

const TYPES = 2;

/**
 * Faults per statistic, node and sharing, in pages. A thread has all four statistics, a group only the decayed two.
 *
 * @kernel kernel/sched/fair.c task_faults_idx (7.3, 6.12)
 */
export class FaultBuckets {
  readonly nrNodes: number;
  /** Raw counts, in the kernel's order: statistic, node, shared before private. */
  readonly counts: Float64Array;

  private constructor(nrNodes: number, stats: number) {
    this.nrNodes = nrNodes;
    this.counts = new Float64Array(stats * nrNodes * TYPES);
  }

  static ofTask(nrNodes: number): FaultBuckets {
    return new FaultBuckets(nrNodes, 4);
  }

  static ofGroup(nrNodes: number): FaultBuckets {
    return new FaultBuckets(nrNodes, 2);
  }

  index(stat: number, nid: number, priv: number): number {
    return TYPES * (stat * this.nrNodes + nid) + priv;
  }

  get(stat: number, nid: number, priv: number): number {
    return this.counts[this.index(stat, nid, priv)];
  }

  add(stat: number, nid: number, priv: number, pages: number): void {
    this.counts[this.index(stat, nid, priv)] += pages;
  }

  /** Shared and private faults of one node. @kernel task_faults, group_faults, group_faults_cpu */
  onNode(stat: number, nid: number): number {
    return this.get(stat, nid, 0) + this.get(stat, nid, 1);
  }

  /** Memory faults of one kind over all nodes. @kernel group_faults_priv, group_faults_shared */
  memOfType(priv: Priv): number {
    let sum = 0;
    for (let nid = 0; nid < this.nrNodes; nid++) sum += this.get(Stat.mem, nid, priv);
    return sum;
  }
}
