import { NS_PER_SEC } from '@damonlab/base';
import type { PageMovesRow } from '@damonlab/record';

/** All pages that moved from one node to another. */
export interface PageMoves {
  readonly from: number;
  readonly to: number;
  readonly pages: number;
  /** Of these, the ones that went back within a second to where they had come from. */
  readonly back: number;
  /** How long pages had been used where they were when they moved, mean over those that had been, s; null: none had. */
  readonly delay: number | null;
}

/** By direction, in the order in which they first occur. */
export function movesOf(rows: readonly PageMovesRow[]): PageMoves[] {
  const byDirection = new Map<string, PageMovesRow[]>();
  for (const row of rows) {
    const direction = `${row.fromNid} ${row.toNid}`;
    byDirection.set(direction, [...(byDirection.get(direction) ?? []), row]);
  }
  return [...byDirection.values()].map((moves) => {
    const sum = (of: (row: PageMovesRow) => number) => moves.reduce((total, row) => total + of(row), 0);
    const [{ fromNid: from, toNid: to }] = moves;
    const used = sum((row) => row.used);
    const delay = used === 0 ? null : sum((row) => row.usedNs) / used / NS_PER_SEC;
    return { from, to, pages: sum((row) => row.pages), back: sum((row) => row.back), delay };
  });
}
