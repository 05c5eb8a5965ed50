export { asRunError, isSystemError, writeAll, writeFileAtomic, writeTextAtomic } from './atomic-file.js';
export { openDamoRecord } from './damo-read.js';
export type {
  AccessTruthRow,
  AccessTruthWindow,
  AttributionRow,
  AttributionWindow,
  CpuCounters,
  PhaseRecord,
  RunCounters,
  Snapshot,
  TruthWindow,
} from './events.js';
export type { Summarise } from './finalise.js';
export { hashRows } from './hash-rows.js';
export { hashRun } from './hash-run.js';
export {
  EXPORTER,
  type Intervals,
  type Manifest,
  type ManifestState,
  RUN_FORMAT,
  RUN_FORMAT_VERSION,
  type RunDescription,
  scenarioHash,
} from './manifest.js';
export { openRun, recoverRun } from './open-run.js';
export type { Run, RunState } from './run.js';
export { type HostFacts, RunWriter, type RunWriterOptions } from './run-writer.js';
