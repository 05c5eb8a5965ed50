import { UserError } from '@damonlab/base';
import { interleaveWeights, type Mempolicy, type Topology } from '@damonlab/mm';
import type { Kernel } from './resolved.js';
import type { Experiment, ExperimentProcess } from './schema.js';
import type { ScenarioSource } from './source.js';

export interface MempolicyContext {
  readonly topology: Topology;
  readonly source: ScenarioSource;
  /** Weights of the nodes as the scenario gives them. */
  readonly weights: Experiment['weighted_interleave'];
  readonly kernel: Kernel;
}

/** 7.3: by the bandwidths, where they are known. 6.12: 1 each. @kernel mm/mempolicy.c mempolicy_set_node_perf (7.3), get_il_weight */
function defaultWeights({ nodes, bandwidthGBps }: Topology, kernel: Kernel): number[] {
  return bandwidthGBps === undefined || kernel === '6.12' ? nodes.map(() => 1) : interleaveWeights(bandwidthGBps);
}

/**
 * The memory policy of process `i`; nothing where it is the default.
 * @throws UserError for nodes that are not there, and for weights that are not one a node.
 */
export function resolveMempolicy(process: ExperimentProcess, i: number, context: MempolicyContext): { readonly mempolicy?: Mempolicy } {
  const { topology, source, weights } = context;
  const wanted = typeof process.mempolicy === 'object' ? process.mempolicy : { mode: process.mempolicy ?? 'default' };
  if (wanted.mode === 'default') return {};
  const all = topology.nodes.map((_, nid) => nid);
  const nodes = [...new Set(wanted.nodes ?? all)].sort((a, b) => a - b);
  const where = source.place(['processes', i, 'mempolicy', 'nodes'], ['processes', i, 'mempolicy']);
  const stranger = nodes.find((nid) => nid >= all.length);
  if (stranger !== undefined) {
    throw new UserError('no such node', { where, expected: `0 to ${all.length - 1}`, actual: String(stranger), errno: 'EINVAL' });
  }
  if (wanted.mode === 'preferred' && nodes.length !== 1) {
    throw new UserError('preferred is one node', { where, expected: '`nodes` with one number', actual: JSON.stringify(nodes) });
  }
  if (weights !== undefined && weights.length !== all.length) {
    const expected = `${all.length}, one for each node`;
    throw new UserError('wrong number of weights', {
      where: source.place(['weighted_interleave']),
      expected,
      actual: String(weights.length),
    });
  }
  const ofNodes = weights ?? defaultWeights(topology, context.kernel);
  return { mempolicy: { mode: wanted.mode, nodes, weights: nodes.map((nid) => ofNodes[nid]) } };
}
