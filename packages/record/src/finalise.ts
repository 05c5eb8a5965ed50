import path from 'node:path';
import { writeFileAtomic, writeTextAtomic } from '@damonlab/base';
import { writeAccessTruth, writeAttribution } from './attribution-tables.js';
import { writeDamoRecord } from './damo-write.js';
import { writeManifest } from './manifest.js';
import { writeRows } from './row-files.js';
import { TABLE_NAMES, type TableName } from './row-tables.js';
import type { Run } from './run.js';
import { writeCpuCounters, writeRegions, writeTruth } from './tables.js';

/** Makes the figures of `summary.json` from a run: plain JSON data. */
export type Summarise = (run: Run) => object;

/** The journal's name in a run directory: there only while the run goes on or after it was killed. */
export const JOURNAL = 'journal.bin';

/** Tables that only a run with such windows has. */
export const ATTRIBUTION_TABLE = 'attribution.parquet';
export const ACCESS_TRUTH_TABLE = 'access_truth.parquet';

/** Write all files of a run that has ended in `run.path`, the manifest last: before that nothing claims that the run has ended. */
export async function writeOutputs(run: Run, summarise: Summarise | undefined): Promise<void> {
  const at = (name: string) => path.join(run.path, name);
  await writeFileAtomic(at('damon.data'), (fd) => writeDamoRecord(fd, run.snapshots, run.intervals));
  await writeFileAtomic(at('regions.parquet'), (fd) => writeRegions(fd, run.snapshots));
  await writeFileAtomic(at('truth.parquet'), (fd) => writeTruth(fd, run.truth));
  await writeFileAtomic(at('counters.parquet'), (fd) => writeCpuCounters(fd, run.cpuCounters));
  if (run.attribution.length > 0) await writeFileAtomic(at(ATTRIBUTION_TABLE), (fd) => writeAttribution(fd, run.attribution));
  if (run.accessTruth.length > 0) await writeFileAtomic(at(ACCESS_TRUTH_TABLE), (fd) => writeAccessTruth(fd, run.accessTruth));
  for (const name of TABLE_NAMES) await writeTable(at(tableFile(name)), name, run);
  writeTextAtomic(at('counters.json'), jsonText(run.counters));
  writeTextAtomic(at('phases.json'), jsonText(run.phases));
  if (summarise !== undefined) writeTextAtomic(at('summary.json'), jsonText(summarise(run)));
  if (run.manifest !== null) writeManifest(run.path, run.manifest);
}

/** Name of a table's file in a run directory. */
export function tableFile(name: TableName): string {
  return `${name}.parquet`;
}

async function writeTable<Name extends TableName>(file: string, name: Name, run: Run): Promise<void> {
  const rows = run.tables[name];
  if (rows.length > 0) await writeFileAtomic(file, (fd) => writeRows(fd, name, rows));
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
