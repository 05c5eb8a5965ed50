import type { Topology } from '@damonlab/mm';

const GIB = 1024 ** 3;

/**
 * Effective cost of one access that misses the caches: about 90 ns of idle latency, shared by the ten line-fill buffers
 * of a core that streams or strides. Remote DRAM is about 1.7 times, CXL memory about 2.5 times as far: the ratios that
 * two-socket servers and CXL 1.1/2.0 expanders are measured at (about 150 and 230 ns idle).
 */
const LOCAL_NS = 10;
const REMOTE_NS = 17;
const CXL_NS = 25;

/** SLIT value of local memory, of the other socket, and of a memory-only node as firmware often reports it. */
const LOCAL = 10;
const REMOTE = 21;
const CXL = 50;

/** One socket: 4 CPUs, 16 GiB. */
const oneNode: Topology = {
  name: '1-node',
  nodes: [{ cpus: 4, memoryBytes: 16 * GIB }],
  distance: [[LOCAL]],
  latencyNs: [[LOCAL_NS]],
};

/** Two sockets of 4 CPUs and 16 GiB. */
const twoNode: Topology = {
  name: '2-node',
  nodes: [
    { cpus: 4, memoryBytes: 16 * GIB },
    { cpus: 4, memoryBytes: 16 * GIB },
  ],
  distance: [
    [LOCAL, REMOTE],
    [REMOTE, LOCAL],
  ],
  latencyNs: [
    [LOCAL_NS, REMOTE_NS],
    [REMOTE_NS, LOCAL_NS],
  ],
};

/** One socket with 16 GiB of DRAM and 64 GiB of CXL memory on a node without CPUs. */
const dramCxl: Topology = {
  name: 'dram-cxl',
  nodes: [
    { cpus: 4, memoryBytes: 16 * GIB },
    { cpus: 0, memoryBytes: 64 * GIB },
  ],
  distance: [
    [LOCAL, CXL],
    [CXL, LOCAL],
  ],
  latencyNs: [
    [LOCAL_NS, CXL_NS],
    [CXL_NS, LOCAL_NS],
  ],
};

/**
 * The emulated machine that real kernels were measured on for the DAMON figures: one CPU, every instruction takes 1 ns,
 * memory costs nothing beyond the instruction.
 */
const oracle1cpu: Topology = {
  name: 'oracle-1cpu',
  nodes: [{ cpus: 1, memoryBytes: 16 * GIB }],
  distance: [[LOCAL]],
  latencyNs: [[0]],
};

/** The same for the NUMA figures: two nodes with two CPUs and 2 GiB each, distances 10 and 20. */
const oracleNuma: Topology = {
  name: 'oracle-numa',
  nodes: [
    { cpus: 2, memoryBytes: 2 * GIB },
    { cpus: 2, memoryBytes: 2 * GIB },
  ],
  distance: [
    [LOCAL, 20],
    [20, LOCAL],
  ],
  latencyNs: [
    [0, 0],
    [0, 0],
  ],
};

/** Topologies by name, for `topology:` and `--topology`. */
export const TOPOLOGY_PRESETS: ReadonlyMap<string, Topology> = new Map(
  [oneNode, twoNode, dramCxl, oracle1cpu, oracleNuma].map((topology) => [topology.name, topology]),
);

/** Distance and latency of a topology that gives only its nodes: local and remote as in `2-node`, memory-only nodes as CXL. */
export function defaultMatrix(nodes: Topology['nodes'], kind: 'distance' | 'latencyNs'): number[][] {
  const [local, remote, cxl] = kind === 'distance' ? [LOCAL, REMOTE, CXL] : [LOCAL_NS, REMOTE_NS, CXL_NS];
  return nodes.map((from, i) =>
    nodes.map((to, j) => {
      if (i === j) return local;
      return from.cpus === 0 || to.cpus === 0 ? cxl : remote;
    }),
  );
}
