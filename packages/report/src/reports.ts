import { UserError } from '@damonlab/base';
import { type Run, seenBy } from '@damonlab/record';
import { type AccessReport, access, accessCsv, accessText } from './access.js';
import { type AccuracyReport, accuracy } from './accuracy/accuracy.js';
import { accuracyCsv, accuracyText } from './accuracy/text.js';
import { type AttributionReport, attribution } from './attribution/attribution.js';
import { attributionSvg } from './attribution/svg.js';
import { attributionCsv, attributionText } from './attribution/text.js';
import { damonStat, damonStatCsv, damonStatText, type MemoryStatReport } from './damon-stat.js';
import { type FaultsReport, faults, faultsCsv, faultsText } from './faults.js';
import { type HeatmapReport, heatmap } from './heatmap/heatmap.js';
import { heatmapSvg } from './heatmap/svg.js';
import { heatmapCsv, heatmapJson, heatmapText } from './heatmap/text.js';
import { type LatencyReport, latency } from './latency/latency.js';
import { latencyCsv, latencyText } from './latency/text.js';
import { type NrRegionsReport, nrRegions, nrRegionsCsv, nrRegionsText } from './nr-regions.js';
import { type PlacementReport, placement } from './placement/placement.js';
import { placementSvg } from './placement/svg.js';
import { placementCsv, placementText } from './placement/text.js';
import { type ProcessesReport, processes, processesCsv, processesText } from './processes.js';
import { type RacesReport, races, racesCsv, racesText } from './races.js';
import type { Report, ReportOptions, TextStyle } from './report.js';
import { type SchemesReport, schemes } from './schemes/schemes.js';
import { schemesSvg } from './schemes/svg.js';
import { schemesCsv, schemesText } from './schemes/text.js';
import { type SummaryReport, summary, summaryCsv, summaryText } from './summary.js';
import { type WssReport, wss, wssCsv, wssText } from './wss.js';

interface ReportData {
  heatmap: HeatmapReport;
  access: AccessReport;
  wss: WssReport;
  accuracy: AccuracyReport;
  nr_regions: NrRegionsReport;
  summary: SummaryReport;
  attribution: AttributionReport;
  faults: FaultsReport;
  races: RacesReport;
  placement: PlacementReport;
  schemes: SchemesReport;
  processes: ProcessesReport;
  latency: LatencyReport;
  damon_stat: MemoryStatReport;
}

export type ReportName = keyof ReportData;
export const REPORT_FORMATS = ['text', 'json', 'csv', 'svg'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

const asIs = <Data extends object>(data: Data): object => data;

/** Every report by its name on the command line. */
export const reports: { readonly [Name in ReportName]: Report<ReportData[Name]> } = {
  heatmap: { compute: heatmap, text: heatmapText, json: heatmapJson, csv: heatmapCsv, svg: heatmapSvg },
  access: { compute: access, text: accessText, json: asIs, csv: accessCsv },
  wss: { compute: wss, text: wssText, json: asIs, csv: wssCsv },
  accuracy: { compute: accuracy, text: accuracyText, json: asIs, csv: accuracyCsv },
  nr_regions: { compute: nrRegions, text: nrRegionsText, json: asIs, csv: nrRegionsCsv },
  summary: { compute: summary, text: summaryText, json: asIs, csv: summaryCsv },
  attribution: { compute: attribution, text: attributionText, json: asIs, csv: attributionCsv, svg: attributionSvg },
  faults: { compute: faults, text: faultsText, json: asIs, csv: faultsCsv },
  races: { compute: races, text: racesText, json: asIs, csv: racesCsv },
  placement: { compute: placement, text: placementText, json: asIs, csv: placementCsv, svg: placementSvg },
  schemes: { compute: schemes, text: schemesText, json: asIs, csv: schemesCsv, svg: schemesSvg },
  processes: { compute: processes, text: processesText, json: asIs, csv: processesCsv },
  latency: { compute: latency, text: latencyText, json: asIs, csv: latencyCsv },
  damon_stat: { compute: damonStat, text: damonStatText, json: asIs, csv: damonStatCsv },
};

/** A picture has room for more than a terminal. */
const SVG_RESOLUTION = { rows: 240, cols: 160 };

/**
 * A report of a run as text to print, with a line feed at its end. `json` is one object.
 * UserError: no such report, a format that the report does not have, options that do not fit the run.
 */
export function renderReport(name: string, run: Run, format: string, options: ReportOptions, style: TextStyle): string {
  if (!isReportName(name)) {
    throw new UserError('no such report', { expected: `one of ${Object.keys(reports).join(', ')}`, actual: name });
  }
  return render(name, options.kdamond === undefined ? run : seenBy(run, options.kdamond), format, options, style);
}

function render<Name extends ReportName>(name: Name, run: Run, format: string, options: ReportOptions, style: TextStyle): string {
  const report: Report<ReportData[Name]> = reports[name];
  const formats = REPORT_FORMATS.filter((known) => known !== 'svg' || report.svg !== undefined);
  switch (format) {
    case 'text':
      return report.text(report.compute(run, options), style);
    case 'json':
      return `${JSON.stringify(report.json(report.compute(run, options)), null, 2)}\n`;
    case 'csv':
      return report.csv(report.compute(run, options));
    case 'svg':
      if (report.svg !== undefined) return report.svg(report.compute(run, { ...SVG_RESOLUTION, ...options }));
  }
  throw new UserError(`report ${name} has no such format`, { expected: `one of ${formats.join(', ')}`, actual: format });
}

function isReportName(name: string): name is ReportName {
  return Object.hasOwn(reports, name);
}
