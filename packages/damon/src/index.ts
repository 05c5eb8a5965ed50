export { type DamonAttrs, type IntervalsGoal, NO_INTERVALS_GOAL } from './attrs.js';
export type { DamonOperations } from './operations.js';
export { RegionList } from './region-list.js';
