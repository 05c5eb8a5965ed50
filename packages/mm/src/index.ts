export { findEntries, mkoldAll, NO_ENTRY, young } from './accessed.js';
export {
  type AddressSpace,
  buildAddressSpace,
  mappedBytes,
  type PlacedRegion,
  pteAddr,
  pteToAddr,
  type RegionRequest,
  type Vma,
  vmaAt,
  vmaOfEntry,
} from './address-space.js';
export { Claims } from './claims.js';
export { FrameAllocator } from './frame-allocator.js';
export { allocateImage, type ImageSizes, MARK_READ, MARK_WRITE, Mark, type MemoryImage, openImage } from './image.js';
export { LockedFrames, lockedFramesWords } from './locked-frames.js';
export { LRU_ADD_BATCH, LruAddBatches } from './lru-add-batches.js';
export { Memory, type MigrateOutcome, type VmCounters } from './memory.js';
export { Pte, ptePlain } from './pte.js';
export { RacingMemory, type RacingMemoryParts } from './racing-memory.js';
export { mappedEntry } from './reverse-map.js';
export { anonymous, thpSuitable } from './thp.js';
export { checkTopology, cpuToNode, MAX_NODES, memoryBytes, type NodeSpec, nrCpus, type Topology } from './topology.js';
export { type TouchedRanges, takeDirty, takePhysicalTruth, takeTruth, touchedByNode } from './truth.js';
export { type Watermarks, watermarksOf } from './watermarks.js';
