export { findEntries, forgetAccesses, forgetYoung, mkoldAll, NO_ENTRY, takeYoung, young } from './accessed.js';
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
export { Demotion } from './demotion.js';
export { FrameAllocator } from './frame-allocator.js';
export { collapseHuge, splitHuge } from './huge-pages.js';
export { allocateImage, FolioFlag, type ImageSizes, MARK_READ, MARK_WRITE, Mark, type MemoryImage, openImage } from './image.js';
export { LockedFrames, lockedFramesWords } from './locked-frames.js';
export { LRU_ADD_BATCH, LruAddBatches } from './lru-add-batches.js';
export { Lru, type LruList, LruLists } from './lru-lists.js';
export { activate, deactivate, markAccessed } from './lru-moves.js';
export { Memory, type MigrateOutcome, type PageReclaim, type VmCounters } from './memory.js';
export { interleaveWeights, MEMPOLICY_MODES, type Mempolicy, type MempolicyMode, Placement } from './mempolicy.js';
export { NodeLoad, slowdownAt } from './node-load.js';
export { MemoryPressure } from './pressure.js';
export { ProcessCounters, type ProcessCounts } from './process-counters.js';
export { Pte, ptePlain } from './pte.js';
export { RacingMemory, type RacingMemoryParts } from './racing-memory.js';
export { Reclaim, type ReclaimCost, type ReclaimParts } from './reclaim.js';
export type { ReclaimCounters } from './reclaim-counters.js';
export { mappedEntry } from './reverse-map.js';
export { anonymous, THP_MODES, ThpAdvice, type ThpMode, thpSuitable } from './thp.js';
export { checkTopology, cpuToNode, MAX_NODES, memoryBytes, type NodeSpec, nrCpus, type Topology } from './topology.js';
export { eachTouched, type TouchedRanges, takeDirty, takePhysicalTruth, takeTruth, touchedByNode } from './truth.js';
export { VmaIndex } from './vma-index.js';
export { type Watermarks, watermarksOf } from './watermarks.js';
