export type { Backend } from './backend.js';
export { ownerName } from './claims.js';
export type { Job, JobQueue, JobSpec, JobTaker } from './job-queue.js';
export { LAYOUT } from './keys.js';
export { openEmbedded, openRedis } from './open.js';
export { passwordFromFile } from './password-file.js';
export { hidePasswords } from './redis-url.js';
export type {
  Figures,
  PointCounts,
  PointDone,
  PointFailed,
  PointOutcome,
  RunResult,
  RunStore,
  SweepEvent,
  SweepRecord,
  SweepState,
  WorkerRecord,
} from './run-store.js';
