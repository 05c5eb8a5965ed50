import { NS_PER_SEC } from '@damonlab/base';
import type { MigrationRow } from '@damonlab/record';

/** All pages that moved from one node to another. */
export interface PageMoves {
  readonly from: number;
  readonly to: number;
  readonly pages: number;
  /** Of these, the ones that went back within a second to where they had come from; null: not known (wall time). */
  readonly back: number | null;
  /** How long pages had been used where they were when they moved, mean over those that had been, s; null: none had. */
  readonly delay: number | null;
}

/** By direction, in the order in which they first occur. */
export function movesOf(rows: readonly MigrationRow[]): PageMoves[] {
  const byDirection = new Map<string, MigrationRow[]>();
  for (const row of rows) {
    const direction = `${row.fromNid} ${row.toNid}`;
    byDirection.set(direction, [...(byDirection.get(direction) ?? []), row]);
  }
  return [...byDirection.values()].map((moves) => {
    const sum = (of: (row: MigrationRow) => number) => moves.reduce((total, row) => total + of(row), 0);
    const [{ fromNid: from, toNid: to }] = moves;
    const followed = moves.every(({ back }) => back >= 0);
    const used = sum((row) => row.used);
    const delay = used === 0 ? null : sum((row) => row.usedNs) / used / NS_PER_SEC;
    return { from, to, pages: sum((row) => row.pages), back: followed ? sum((row) => row.back) : null, delay };
  });
}
