export type {
  FaultUserName,
  HandoverRequest,
  KdamondCost,
  MachineConfig,
  MigrateBySharesConfig,
  MonitorConfig,
  NumaBalancingConfig,
  NumaCost,
  PoliciesConfig,
  ProcessConfig,
  SchedConfig,
  SharingConfig,
} from './config.js';
export type { AttrsChange, CommitRecord, ControlRecord, MachineStatus, RegionsNow } from './control.js';
export { type ExecutorSpec, parseExecutor } from './executor.js';
export { type Clock, Machine, type MachineOptions, type MachineProgress, type RunOptions, type RunOutcome } from './machine.js';
export type { MachineObserver } from './observer.js';
export { buildProcesses, type Process } from './processes.js';
