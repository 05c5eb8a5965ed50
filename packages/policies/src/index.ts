export { type Cpus, chooseCpus, chooseNodes, type Seats, type Wishes } from './access-aware.js';
export { Affinity, type PagesByNode } from './affinity.js';
export { type MemoryStat, memoryStat } from './damon-stat.js';
export { dirtyPagesByReports, dirtyPagesBySamples, easiestFirst, type SampledRegions } from './dirty-rate.js';
export { InterleaveTuner, type InterleaveTunerSettings, sysfsWeights } from './interleave-tuner.js';
export { HomeOfPieces, type MigrateBySharesSettings, type WantedPlace } from './migrate-by-shares.js';
export type { Reported } from './window.js';
