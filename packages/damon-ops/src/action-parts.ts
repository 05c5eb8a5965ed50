import type { Memory, VmaIndex } from '@damonlab/mm';

/** What actions take, in virtual ns. */
export interface ActionCost {
  /** Of looking at one folio: page-table or reverse-map walk, filters. */
  readonly lookNs: number;
  /** Of moving one base page to another node. */
  readonly migrateNs: number;
}

/** What actions have to do with; the same for every address space. */
export interface ActionParts {
  readonly memory: Memory;
  readonly vmas: VmaIndex;
  /** Memory cgroup of each process, by the number of its address space. */
  readonly memcgs: readonly string[];
  /** The translations of [first, end) hold no longer. */
  readonly drop: (first: number, end: number) => void;
  readonly cost: ActionCost;
  /** The action has taken so much time, whole ns. */
  readonly spend: (ns: number) => void;
}
