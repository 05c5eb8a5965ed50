export { assert } from './assert.js';
export { asRunError, isSystemError, writeAll, writeFileAtomic, writeTextAtomic } from './atomic-file.js';
export { BARRIER_WORDS, EpochBarrier } from './epoch-barrier.js';
export { RunError, UserError, type UserErrorDetails } from './errors.js';
export { Prng } from './prng.js';
export { type FieldType, type LayoutSpec, type LayoutViews, SabLayout } from './sab-layout.js';
export { SPSC_RING_SLOTS, SPSC_RING_WORDS, SpscRing, type SpscRingViews } from './spsc-ring.js';
export { StateTape } from './state-tape.js';
export * from './units.js';
