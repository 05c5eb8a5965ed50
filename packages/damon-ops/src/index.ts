export { AccessedBit } from './accessed-bit.js';
export { HintFaultPrimitive, type HintFaultPrimitiveParts, type HintFaultTotals } from './hint-fault.js';
export { PaddrOperations, type PaddrOperationsParts } from './paddr.js';
export type { AccessPrimitive, PrimitiveWork } from './primitive.js';
export { VaddrOperations, type VaddrTarget } from './vaddr.js';
