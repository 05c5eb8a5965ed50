import { PAGE_BYTES } from '@damonlab/base';
import type { Run } from '@damonlab/record';
import { at } from '../attribution/keys.js';
import type { PlacementPoint } from './placement.js';

/**
 * Tier of each node, from the topology in the manifest: 0 (top) with CPUs, 1 without; null where the run does not say.
 * @kernel mm/memory-tiers.c node_is_toptier (outline)
 */
export function tiersOf(run: Run): (0 | 1)[] | null {
  const nodes = at(run.manifest?.scenario, ['machine', 'topology', 'nodes']);
  return Array.isArray(nodes) ? nodes.map((node) => (Number(at(node, ['cpus']) ?? 0) > 0 ? 0 : 1)) : null;
}

/** Where the bytes that were touched in a window lie, by the end of the window. */
export class TouchedBytes {
  readonly #byEnd = new Map<number, number[]>();
  readonly #nodes: number;
  readonly #tiers: readonly number[] | null;
  readonly #logged: boolean;

  constructor({ tables: { touched_pages: rows } }: Run, nodes: number, tiers: readonly number[] | null) {
    this.#nodes = nodes;
    this.#tiers = tiers;
    this.#logged = rows.length > 0;
    for (const { endNs, nid, pages } of rows) {
      const bytes = this.#byEnd.get(endNs) ?? this.#none();
      bytes[nid] += pages * PAGE_BYTES;
      this.#byEnd.set(endNs, bytes);
    }
  }

  at(endNs: number): Pick<PlacementPoint, 'touched' | 'touched_top'> {
    if (!this.#logged) return { touched: null, touched_top: null };
    const touched = this.#byEnd.get(endNs) ?? this.#none();
    const all = touched.reduce((sum, bytes) => sum + bytes, 0);
    const tiers = this.#tiers;
    const top = touched.reduce((sum, bytes, nid) => sum + (tiers?.[nid] === 0 ? bytes : 0), 0);
    return { touched, touched_top: tiers === null || all === 0 ? null : top / all };
  }

  #none(): number[] {
    return new Array<number>(this.#nodes).fill(0);
  }
}
