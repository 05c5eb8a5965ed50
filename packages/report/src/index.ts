export { type AccessRegion, type AccessReport, access } from './access.js';
export { type AccuracyReport, accuracy, type Convergence, type HotPhaseFigures, type TouchedFigures } from './accuracy/accuracy.js';
export type { Score } from './accuracy/tally.js';
export { type AttributionRegion, type AttributionReport, type AttributionShare, attribution } from './attribution/attribution.js';
export { ATTRIBUTION_KEYS, type AttributionBy, type AttributionKey } from './attribution/keys.js';
export type { Distribution } from './distribution.js';
export { type FaultCounter, type FaultsReport, faults } from './faults.js';
export {
  type CsvValue,
  flatten,
  formatCsv,
  formatFigure,
  formatTable,
} from './format.js';
export { type HeatMap, type HeatmapReport, heatmap } from './heatmap/heatmap.js';
export { decimalTicks } from './heatmap/ticks.js';
export { type NrRegionsReport, nrRegions } from './nr-regions.js';
export type { Report, ReportOptions, TextStyle } from './report.js';
export { REPORT_FORMATS, type ReportFormat, type ReportName, renderReport, reports } from './reports.js';
export { type SummaryReport, summary } from './summary.js';
export { type WssError, type WssReport, type WssWindow, wss } from './wss.js';
export { escapeXml, short } from './xml.js';
