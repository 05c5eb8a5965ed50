export { HUGE_FAULT_FACTOR } from './access-core.js';
export type { SamplingConfig } from './access-sampler.js';
export {
  allocateChannel,
  type ChannelSizes,
  type CpuChannel,
  EpochSlot,
  EVENT_EXIT,
  eventLogEntries,
  FaultKind,
  faultLogEntries,
  LOG_SLOTS,
  LogSlot,
  openChannel,
  SHOOTDOWN_RANGES,
  STATE_SLOTS,
  StateSlot,
} from './channel.js';
export type { CpuConfig, TlbConfig } from './config.js';
export { type CostTable, costTable, MOST_ACCESS_NS } from './cost-table.js';
export { Cpu, type CpuParts, type ThreadTable, type TimingConfig } from './cpu.js';
export type { FaultSink, PassedFaults } from './fault-log.js';
export { LATENCY_BUCKETS, latencyBucket, latencyBucketPs } from './latency-buckets.js';
export { SimThread, THREAD_WORDS } from './thread.js';
export { Tlb } from './tlb.js';
export { TlbArray } from './tlb-array.js';
