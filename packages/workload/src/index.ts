export { AccessBatch, type AccessProgram, BatchKind, type PhaseSpec, type RegionRole, type RegionSpec, type Workload } from './access-program.js';
export type { MasimConfig, MasimOptions, MasimPattern, MasimPhase, MasimRegion, RwMode } from './masim/config.js';
export type { WorkloadSpec } from './spec.js';
export type { HotColdSpec, PointerChaseSpec, SparseSpec, SyntheticSpec, ZipfSpec } from './synthetic/spec.js';
