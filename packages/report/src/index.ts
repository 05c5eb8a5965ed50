export { type AccessRegion, type AccessReport, access } from './access.js';
export { type AccuracyReport, accuracy, type Convergence, type HotPhaseFigures, type TouchedFigures } from './accuracy/accuracy.js';
export type { Score } from './accuracy/tally.js';
export { type TouchedWindow, touchedWindows } from './accuracy/touched-windows.js';
export { type AttributionRegion, type AttributionReport, attribution } from './attribution/attribution.js';
export type { AttributionShare } from './attribution/counts.js';
export {
  ATTRIBUTION_KEYS,
  type AttributionBy,
  type AttributionKey,
  hasTopology,
  isPhysical,
  keyName,
  nodeOfCpus,
} from './attribution/keys.js';
export type { PhysicalRegion } from './attribution/physical.js';
export type { Distribution } from './distribution.js';
export { type FaultCounter, type FaultsReport, faults } from './faults.js';
export {
  type CsvValue,
  flatten,
  formatAddr,
  formatBytes,
  formatCount,
  formatCsv,
  formatFigure,
  formatNs,
  formatRatio,
  formatTable,
} from './format.js';
export { type HeatMap, type HeatView, maxHeat } from './heatmap/grid.js';
export { type HeatmapReport, heatmap } from './heatmap/heatmap.js';
export { HEAT_LAYERS, type HeatLayer, heatLayer } from './heatmap/layers.js';
export { type Reading, type ReadingOf, readingAt } from './heatmap/reading.js';
export { binaryTicks, decimalTicks } from './heatmap/ticks.js';
export { type WhoMap, type WhoSource, whoMap } from './heatmap/who.js';
export { type Interval, intervalOf } from './interval.js';
export { latencyQuantileNs } from './latency/quantile.js';
export { type NrRegionsReport, nrRegions } from './nr-regions.js';
export { partitionPoint } from './partition-point.js';
export { type PerfettoTrace, perfettoTrace } from './perfetto/perfetto.js';
export type { PageMoves } from './placement/moves.js';
export {
  CONVERGENCE,
  type PlacementPoint,
  type PlacementReport,
  type PlacementWindow,
  placement,
  placementWindows,
} from './placement/placement.js';
export { type ProcessesReport, type ProcessPoint, processes } from './processes.js';
export type { Report, ReportOptions, TextStyle } from './report.js';
export { REPORT_FORMATS, type ReportFormat, type ReportName, renderReport, reports } from './reports.js';
export { type SchemeReport, type SchemesReport, schemes, type TriedRegion } from './schemes/schemes.js';
export { mean } from './stats.js';
export { studentCdf, studentQuantile } from './student.js';
export { type SummaryReport, summary } from './summary.js';
export type { BandLane, Lane, LaneUnit, LineLane, Series } from './timeline/lanes.js';
export { type MachineAt, machineAt, type NodeAt } from './timeline/machine-at.js';
export { spanOf, type TimeSpan } from './timeline/span.js';
export { timeline } from './timeline/timeline.js';
export { traceInfoSvg } from './trace-info/svg.js';
export { traceInfoText } from './trace-info/text.js';
export { type WssError, type WssReport, type WssWindow, wss } from './wss.js';
export { escapeXml, short } from './xml.js';
