import type { Memory, VmaIndex } from '@damonlab/mm';

/** What actions take, in virtual ns. */
export interface ActionCost {
  /** Of looking at one folio: page-table or reverse-map walk, filters. */
  readonly lookNs: number;
  /** Of moving one base page to another node. */
  readonly migrateNs: number;
  /** Of handing one base page to the swap device, or asking it for one. */
  readonly pageoutNs: number;
}

/** What actions have to do with; the same for every address space. */
export interface ActionParts {
  readonly memory: Memory;
  readonly vmas: VmaIndex;
  /** Memory cgroup of each process, by the number of its address space. */
  readonly memcgs: readonly string[];
  /** The translations of [first, end) hold no longer; what of it is not mapped any more is not armed either. */
  readonly drop: (first: number, end: number) => void;
  /** One mapping of [first, end) has become one of each page, armed if it was. */
  readonly split: (first: number, end: number) => void;
  readonly cost: ActionCost;
  /** The action has taken so much time, whole ns. */
  readonly spend: (ns: number) => void;
}
