export { checkTopology, cpuToNode, MAX_NODES, type NodeSpec, nrCpus, type Topology } from './topology.js';
