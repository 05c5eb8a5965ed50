import type {
  AccessTruthWindow,
  AttributionWindow,
  CpuCounters,
  PhaseRecord,
  RunTables,
  Snapshot,
  TableName,
  TruthWindow,
} from '@damonlab/record';

/**
 * Who wants to see what the machine does. Called by the coordinator, in virtual-time order. `kdamond`: which one it is about, in the order
 * of `monitorsOf`; for rows left out where the table is about the machine.
 */
export interface MachineObserver {
  snapshot(snapshot: Snapshot, kdamond: number): void;
  truth(window: TruthWindow): void;
  phase(phase: PhaseRecord): void;
  cpuCounters(counters: CpuCounters): void;
  /** Who made the accesses that DAMON saw; only with a primitive that knows. */
  attribution(window: AttributionWindow, kdamond: number): void;
  /** Who really made how many accesses to which region; with `truth`. */
  accessTruth(window: AccessTruthWindow): void;
  /** Rows of the tables that only some machines have something to say in. */
  rows<Name extends TableName>(table: Name, rows: readonly RunTables[Name][], kdamond?: number): void;
}
