export {
  AccessBatch,
  type AccessProgram,
  BATCH_WORDS,
  BatchKind,
  type PhaseSpec,
  type RegionRole,
  type RegionSpec,
  type RunList,
  type Workload,
} from './access-program.js';
export { buildWorkload } from './build.js';
export type { MasimConfig, MasimOptions, MasimPattern, MasimPhase, MasimRegion, RwMode } from './masim/config.js';
export { formatMasim } from './masim/format.js';
export { parseMasim } from './masim/parse.js';
export { defaultMasimOptions } from './masim/workload.js';
export type { OwnWorkloadSpec, TraceSpec, WorkloadSpec } from './spec.js';
export {
  type HotColdSpec,
  type PointerChaseSpec,
  type RandomSpec,
  type SharedPrivateSpec,
  type SparseSpec,
  type SweepArea,
  type SweepSpec,
  type SyntheticSpec,
  syntheticBytes,
  type ZipfSpec,
} from './synthetic/spec.js';
