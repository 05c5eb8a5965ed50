export { AccessBatch, type AccessProgram, BatchKind, type PhaseSpec, type RegionRole, type RegionSpec, type Workload } from './access-program.js';
