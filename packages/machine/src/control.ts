import type { DamonAttrs } from '@damonlab/damon';
import type { HandoverRequest } from './config.js';

/** How a machine stands, for whoever controls it. */
export interface MachineStatus {
  readonly clock: 'virtual' | 'wall';
  readonly state: 'running' | 'paused';
  readonly nowNs: number;
  /** Expected end, Infinity if it is not known. */
  readonly durationNs: number;
  readonly nrRegions: number;
  /** Attributes that the first kdamond has, or has been asked for; null: nobody monitors. */
  readonly attrs: DamonAttrs | null;
}

/** Attributes to be changed; what is left out stays. */
export type AttrsChange = Partial<Omit<DamonAttrs, 'intervalsGoal'>>;

export interface CommitRecord {
  readonly atNs: number;
  readonly attrs: DamonAttrs;
}

/** What was asked of a machine while it ran, with the times: a scenario that has it in its schedule is the same run in virtual time. */
export interface ControlRecord {
  readonly commits: readonly CommitRecord[];
  readonly handovers: readonly HandoverRequest[];
}

/** The regions of a target as they are now. */
export interface RegionsNow {
  readonly targetId: number;
  readonly regions: readonly { readonly start: number; readonly end: number; readonly nrAccesses: number; readonly age: number }[];
}
