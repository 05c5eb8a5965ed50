import { PAGE_BYTES } from '@damonlab/base';
import type { Vma } from './address-space.js';
import { anonymous } from './thp.js';

/** @kernel include/uapi/linux/mempolicy.h MPOL_* */
export const MEMPOLICY_MODES = ['default', 'bind', 'preferred', 'interleave', 'weighted_interleave'] as const;
export type MempolicyMode = (typeof MEMPOLICY_MODES)[number];

/** Where the pages of a process go at first touch. */
export interface Mempolicy {
  readonly mode: MempolicyMode;
  /** Nodes that it is about, rising; `preferred`: one. `default`: not looked at. */
  readonly nodes: readonly number[];
  /** Of each of the nodes, 1 to 255; `weighted_interleave` only. @kernel /sys/kernel/mm/mempolicy/weighted_interleave */
  readonly weights: readonly number[];
}

/** A policy on a machine: for each page the nodes that it may lie on, the wanted one first. */
export class Placement {
  readonly #zonelists: readonly (readonly number[])[];
  /** By the interleave index, modulo its length; empty: the node of the CPU that faults. */
  readonly #cycle: readonly number[];

  /** `zonelist`: a node and the others, by rising distance. */
  constructor({ mode, nodes, weights }: Mempolicy, nrNodes: number, zonelist: (nid: number) => readonly number[]) {
    const all = Array.from({ length: nrNodes }, (_, nid) => zonelist(nid));
    this.#zonelists = mode === 'bind' ? all.map((nids) => nids.filter((nid) => nodes.includes(nid))) : all;
    this.#cycle = mode === 'default' || mode === 'bind' ? [] : cycleOf(nodes, mode === 'weighted_interleave' ? weights : []);
  }

  /**
   * Nodes for the page of entry `pte`, which a CPU of node `nid` touches; `order` 9 for a huge page.
   * @kernel mm/mempolicy.c policy_nodemask, interleave_nid, weighted_interleave_nid; get_vma_policy: the index (7.3, 6.12)
   */
  nodesFor(vma: Vma, pte: number, order: number, nid: number): readonly number[] {
    const cycle = this.#cycle;
    if (cycle.length === 0) return this.#zonelists[nid];
    const folio = 2 ** order;
    // What is anonymous counts from address 0, what is mapped from a file from the start of the file.
    const pgoff = anonymous(vma) ? vma.start / PAGE_BYTES : 0;
    const index = Math.floor(pgoff / folio) + Math.floor((pte - vma.firstPte) / folio);
    return this.#zonelists[cycle[index % cycle.length]];
  }
}

/** Each node as often as its weight says (once without), one after the other. */
function cycleOf(nodes: readonly number[], weights: readonly number[]): number[] {
  return nodes.flatMap((nid, i) => new Array<number>(weights[i] ?? 1).fill(nid));
}

/** @kernel mm/mempolicy.c weightiness */
const WEIGHTINESS = 32;

/**
 * Weights of nodes from their bandwidths, as the kernel sets them where the firmware tells these.
 * @kernel mm/mempolicy.c reduce_interleave_weights (7.3)
 */
export function interleaveWeights(bandwidths: readonly number[]): number[] {
  const sum = bandwidths.reduce((total, bandwidth) => total + bandwidth, 0);
  const weights = bandwidths.map((bandwidth) => Math.max(1, Math.floor((WEIGHTINESS * bandwidth) / sum)));
  const divisor = weights.reduce(gcd);
  return weights.map((weight) => weight / divisor);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
