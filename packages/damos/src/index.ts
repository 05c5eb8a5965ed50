export { type ActionPriority, DAMOS_ACTIONS, type DamosAction, type SpaceActions } from './actions.js';
export { checkSchemes, type SchemeFacts } from './check-schemes.js';
export {
  type AccessPattern,
  CORE_FILTER_TYPES,
  type CoreFilter,
  EVERYTHING,
  FILTER_TYPES,
  type FilterType,
  GOAL_METRICS,
  type GoalMetric,
  type GoalTuner,
  isCoreFilter,
  type MigrateDest,
  NO_QUOTA,
  NO_WATERMARKS,
  type OpsFilter,
  type QuotaConfig,
  type QuotaGoalConfig,
  type SchemeConfig,
  type SchemeFilter,
  STAT_EVERYTHING,
  U32_MAX,
  U64_MAX,
  type WatermarksConfig,
} from './config.js';
export { Damos, type DamosConfig } from './damos.js';
export { destinationOf, interleaveIndex } from './dests.js';
export { type CoreVerdict, type FilterLayers, opsFilterOut } from './filters.js';
export type { QuotaGoal } from './goals.js';
export type {
  ActionOutcome,
  DamosClock,
  DamosHooks,
  DamosMetrics,
  DamosOperations,
  PageCount,
  TriedRegion,
} from './ports.js';
export { type DamosProfile, damosProfile } from './profile.js';
export type { Quota } from './quota.js';
export { Scheme, type SchemeStats } from './scheme.js';
export type { WalkResult, WalkVisitor } from './walk.js';
