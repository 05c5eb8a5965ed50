import { PAGE_BYTES, UserError } from '@damonlab/base';

/** One memory node: its CPUs and its memory. A node without CPUs is slow-tier memory (CXL). */
export interface NodeSpec {
  /** CPUs on this node, ≥ 0. CPUs are numbered node by node. */
  readonly cpus: number;
  /** Bytes of memory, a multiple of 4096, ≥ 0. */
  readonly memoryBytes: number;
}

/** A NUMA machine as data. */
export interface Topology {
  readonly name: string;
  /** 1 to 8 nodes. */
  readonly nodes: readonly NodeSpec[];
  /** SLIT distances, `distance[from][to]`, 10 on the diagonal. @kernel node_distance */
  readonly distance: readonly (readonly number[])[];
  /**
   * `latencyNs[node of the CPU][node of the page]`: time of one memory access in ns, after caches and overlap with other
   * accesses: the effective cost per access of a loop that streams or strides, not the idle latency of one dependent load.
   */
  readonly latencyNs: readonly (readonly number[])[];
  /** Peak bandwidth of each node's memory, GB/s, above 0; left out: accesses take as long under any load. */
  readonly bandwidthGBps?: readonly number[];
}

/** Most nodes that a page-table flag byte can name. */
export const MAX_NODES = 8;

/**
 * Refuse impossible machines.
 * @throws UserError naming the key, what was expected and what was found.
 */
export function checkTopology(t: Topology, where = 'topology'): void {
  const n = t.nodes.length;
  if (n < 1 || n > MAX_NODES) {
    throw new UserError('impossible number of nodes', { where: `${where}.nodes`, expected: `1 to ${MAX_NODES} nodes`, actual: String(n) });
  }
  t.nodes.forEach((node, nid) => {
    checkCount(node.cpus, `${where}.nodes[${nid}].cpus`);
    if (!Number.isSafeInteger(node.memoryBytes) || node.memoryBytes < 0 || node.memoryBytes % PAGE_BYTES !== 0) {
      throw new UserError('impossible memory size', {
        where: `${where}.nodes[${nid}].memory`,
        expected: `a multiple of ${PAGE_BYTES} bytes, 0 or more`,
        actual: String(node.memoryBytes),
      });
    }
    if (node.cpus === 0 && node.memoryBytes === 0) {
      throw new UserError('a node without CPUs and without memory', { where: `${where}.nodes[${nid}]`, expected: 'CPUs, memory or both' });
    }
  });
  if (nrCpus(t) < 1)
    throw new UserError('a machine without CPUs', { where: `${where}.nodes`, expected: 'at least 1 CPU', actual: '0 CPUs' });
  if (t.nodes.every((node) => node.memoryBytes === 0)) {
    throw new UserError('a machine without memory', { where: `${where}.nodes`, expected: 'memory on at least one node' });
  }
  checkMatrix(t.distance, n, `${where}.distance`, 10);
  checkMatrix(t.latencyNs, n, `${where}.latency_ns`, 0);
  checkBandwidth(t, `${where}.bandwidth_GBps`);
}

function checkBandwidth({ bandwidthGBps, nodes }: Topology, where: string): void {
  if (bandwidthGBps === undefined) return;
  if (bandwidthGBps.length === nodes.length && bandwidthGBps.every((value) => value > 0 && Number.isFinite(value))) return;
  throw new UserError('impossible bandwidths', {
    where,
    expected: `${nodes.length} numbers above 0, one a node`,
    actual: JSON.stringify(bandwidthGBps),
  });
}

/** CPUs of the whole machine. */
export function nrCpus(t: Topology): number {
  return t.nodes.reduce((sum, node) => sum + node.cpus, 0);
}

/** Bytes of memory of the whole machine. Nodes lie one behind the other, so physical addresses are [0, this). */
export function memoryBytes(t: Topology): number {
  return t.nodes.reduce((sum, node) => sum + node.memoryBytes, 0);
}

/** Node of CPU `cpu`. @kernel cpu_to_node */
export function cpuToNode(t: Topology, cpu: number): number {
  let first = 0;
  for (let nid = 0; nid < t.nodes.length; nid++) {
    first += t.nodes[nid].cpus;
    if (cpu < first) return nid;
  }
  throw new UserError('no such CPU', { expected: `0 to ${nrCpus(t) - 1}`, actual: String(cpu) });
}

function checkCount(value: number, where: string): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > 1024) {
    throw new UserError('impossible number of CPUs', { where, expected: 'a whole number, 0 to 1024', actual: String(value) });
  }
}

function checkMatrix(m: readonly (readonly number[])[], n: number, where: string, least: number): void {
  if (m.length !== n || m.some((row) => row.length !== n)) {
    throw new UserError('matrix of the wrong shape', {
      where,
      expected: `${n} rows of ${n} numbers (one per node)`,
      actual: `${m.length} rows of ${m.map((row) => row.length).join(', ')}`,
    });
  }
  m.forEach((row, i) => {
    row.forEach((value, j) => {
      if (!(value >= least) || !Number.isFinite(value)) {
        throw new UserError('impossible value in matrix', {
          where: `${where}[${i}][${j}]`,
          expected: `a number ≥ ${least}`,
          actual: String(value),
        });
      }
    });
  });
}
