export type { CpuCounters, PhaseRecord, RunCounters, Snapshot, TruthWindow } from './events.js';
