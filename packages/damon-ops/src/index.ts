export { AccessReports, type AccessReportsParts, type SeenAccess } from './access-reports.js';
export { AccessedBit } from './accessed-bit.js';
export { CountOnly } from './count-only.js';
export { HintFaultPrimitive, type HintFaultPrimitiveParts } from './hint-fault.js';
export { PaddrOperations, type PaddrOperationsParts } from './paddr.js';
export type { AccessPrimitive, PrimitiveWork, ReportingPrimitive } from './primitive.js';
export { SampledAccesses } from './sampled-accesses.js';
export { VaddrOperations, type VaddrTarget } from './vaddr.js';
