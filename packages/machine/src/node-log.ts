import type { CpuChannel } from '@damonlab/cpu';
import { MAX_NODES, type Memory } from '@damonlab/mm';
import type { MigrationRow, NodeLoadRow } from '@damonlab/record';
import { LINE_BYTES } from './bandwidth.js';
import type { MovedPages, MoveLog } from './move-log.js';
import { overCpus } from './over-cpus.js';

const NOT_FOLLOWED: MovedPages = { back: -1, used: 0, usedNs: 0 };

/** Cuts what the memory nodes have done into windows: pages that moved between them, and accesses to them. */
export class NodeLog {
  readonly #memory: Memory;
  readonly #channel: CpuChannel;
  readonly #nrNodes: number;
  readonly #moved: Float64Array[];
  /** Null: nobody follows single pages. */
  readonly #moves: MoveLog | null;
  #lines: Float64Array;
  #timed: Float64Array;
  #ps: Float64Array;

  constructor(memory: Memory, channel: CpuChannel, nrNodes: number, moves: MoveLog | null) {
    this.#memory = memory;
    this.#channel = channel;
    this.#nrNodes = nrNodes;
    this.#moves = moves;
    this.#moved = memory.moved.map((to) => to.slice());
    this.#lines = new Float64Array(nrNodes);
    this.#timed = new Float64Array(nrNodes);
    this.#ps = new Float64Array(nrNodes);
  }

  migrations(startNs: number, endNs: number): MigrationRow[] {
    const rows: MigrationRow[] = [];
    for (const [fromNid, moved] of this.#memory.moved.entries()) {
      const before = this.#moved[fromNid];
      for (const [toNid, total] of moved.entries()) {
        const pages = total - before[toNid];
        if (pages > 0) rows.push({ startNs, endNs, fromNid, toNid, pages, ...(this.#moves?.take(fromNid, toNid) ?? NOT_FOLLOWED) });
      }
      before.set(moved);
    }
    return rows;
  }

  /** None if no access is timed. */
  load(startNs: number, endNs: number): NodeLoadRow[] {
    const { nodeLines, nodeTimed, nodePs } = this.#channel;
    if (nodeLines.length === 0) return [];
    const [lines, timed, ps] = [nodeLines, nodeTimed, nodePs].map((counts) => this.#byNode(counts));
    const rows = Array.from({ length: this.#nrNodes }, (_, nid) => {
      const nrTimed = timed[nid] - this.#timed[nid];
      return {
        startNs,
        endNs,
        nid,
        bytes: (lines[nid] - this.#lines[nid]) * LINE_BYTES,
        timed: nrTimed,
        meanPs: nrTimed === 0 ? 0 : Math.round((ps[nid] - this.#ps[nid]) / nrTimed),
      };
    });
    this.#lines = lines;
    this.#timed = timed;
    this.#ps = ps;
    return rows;
  }

  /** Sums over the CPUs. */
  #byNode(counts: Float64Array): Float64Array {
    return Float64Array.from({ length: this.#nrNodes }, (_, nid) => overCpus(counts, nid, MAX_NODES));
  }
}
