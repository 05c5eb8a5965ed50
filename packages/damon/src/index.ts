export { updateAge } from './age.js';
export { attrsEqual, type DamonAttrs, type IntervalsGoal, maxNrAccesses, NO_INTERVALS_GOAL } from './attrs.js';
export { checkAttrs, MIN_NR_REGIONS_FLOOR } from './check-attrs.js';
export { checkRegions } from './check-regions.js';
export { DamonContext, type DamonContextConfig, type DamonTarget } from './context.js';
export { type DamonRandom, damonRand } from './damon-rand.js';
export { mulDiv, weightedAverage } from './exact.js';
export { feedLoopNextInput } from './feed-loop.js';
export { applyMinNrRegions, exactSzLimit, initRegions, regionSzLimit, splitEvenly } from './init-regions.js';
export { Kdamond, type KdamondCommit, type KdamondConfig, type KdamondHooks } from './kdamond.js';
export { mergeRegions, mergeRegionsOf, mergeTwoRegions } from './merge.js';
export { mvsum, nrAccessesMvsum } from './mvsum.js';
export type { DamonOperations } from './operations.js';
export { type KernelProfile, type KernelVersion, kernelProfile } from './profile.js';
export { RegionList } from './region-list.js';
export type { KdamondRequest } from './requests.js';
export { AttributionLog, type AttributionRow, NO_PLACE, type PlaceOf } from './sample/attribution.js';
export { allocateReportChannel, openReportChannel, type ReportChannelKind } from './sample/channels.js';
export {
  type ConsumerCounters,
  findRegion,
  type OnDelivered,
  ReportConsumer,
  type ReportConsumerConfig,
  type ReportSource,
  type ReportTarget,
} from './sample/consume.js';
export {
  checkSampleControl,
  DEFAULT_SAMPLE_CONTROL,
  type KnownReporters,
  pageFaultOwner,
  primitiveOf,
  type SampleControl,
  type SamplePrimitive,
} from './sample/control.js';
export { type FilterRule, type SampleFilter, SampleFilters } from './sample/filters.js';
export { formatIdList, type KnownIds, parseCpuList, parseTidList } from './sample/id-list.js';
export { PerCpuRings } from './sample/per-cpu-rings.js';
export { type AccessReport, type ReportBuffer, type ReportSpace, reportBuffer, reportedAddress } from './sample/report.js';
export type { ReportChannel, ReportCounters } from './sample/report-channel.js';
export { ACCESS_REPORTS_CAP, SingleArray } from './sample/single-array.js';
export type { KdamondSchemes } from './schemes.js';
export { setAttrs, updateMonitoringResults } from './set-attrs.js';
export { alignRanges, setRegions } from './set-regions.js';
export { DEFAULT_HZ, sleepNs } from './sleep.js';
export { SplitMemory, type SplitWay, splitRegions, splitRegionsOf } from './split.js';
export { damonVaThreeRegions } from './three-regions.js';
export { tuneIntervals } from './tune-intervals.js';
