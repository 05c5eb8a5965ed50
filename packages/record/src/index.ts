export { openDamoRecord } from './damo-read.js';
export {
  type AccessTruthRow,
  type AccessTruthWindow,
  type AttributionRow,
  type AttributionWindow,
  type CpuCounters,
  NO_TARGET,
  type PhaseRecord,
  type RunCounters,
  type Snapshot,
  type TruthWindow,
} from './events.js';
export { EXPORTER } from './exporter.js';
export { JOURNAL, type Summarise } from './finalise.js';
export { hashRows } from './hash-rows.js';
export { hashRun } from './hash-run.js';
export { encodeRun, JournalReader } from './journal-bytes.js';
export {
  type Intervals,
  type Manifest,
  type ManifestState,
  newManifest,
  RUN_FORMAT,
  RUN_FORMAT_VERSION,
  type RunDescription,
  readManifest,
  scenarioHash,
} from './manifest.js';
export { openRun, recoverRun } from './open-run.js';
export {
  type DirtyPagesRow,
  type FaultRow,
  type HandoverRow,
  type LatencyRow,
  type MemoryStatRow,
  type MigrationRow,
  type NodeLoadRow,
  noTables,
  type PlacementRow,
  type RaceRow,
  type RowLists,
  type RowsOf,
  type RunTables,
  type ScanPassRow,
  type SchemeRow,
  type SharingRow,
  type TableName,
  type ThreadRow,
  type TimerLatenessRow,
  type TouchedPagesRow,
  type TriedRegionRow,
  type VmstatRow,
} from './row-tables.js';
export { emptyRows, type KdamondRun, type Run, type RunState, rowsOfKdamond, runOf } from './run.js';
export { type HostFacts, RunWriter, type RunWriterOptions } from './run-writer.js';
export { nrKdamonds, seenBy } from './seen-by.js';
