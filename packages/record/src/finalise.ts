import path from 'node:path';
import { writeFileAtomic, writeTextAtomic } from '@damonlab/base';
import { writeAccessTruth, writeAttribution } from './attribution-tables.js';
import { writeDamoRecord } from './damo-write.js';
import { writeManifest } from './manifest.js';
import { writeRows } from './row-files.js';
import { TABLE_NAMES, type TableName } from './row-tables.js';
import type { KdamondRun, Run } from './run.js';
import { writeCpuCounters, writeRegions, writeTruth } from './tables.js';

/** Makes the figures of `summary.json` from a run: plain JSON data. */
export type Summarise = (run: Run) => object;

/** The journal's name in a run directory: there only while the run goes on or after it was killed. */
export const JOURNAL = 'journal.bin';

/** A table that only a run with such windows has. */
export const ACCESS_TRUTH_TABLE = 'access_truth.parquet';

/** Write all files of a run that has ended in `run.path`, the manifest last: before that nothing claims that the run has ended. */
export async function writeOutputs(run: Run, summarise: Summarise | undefined): Promise<void> {
  const at = (name: string) => path.join(run.path, name);
  await writeFileAtomic(at('damon.data'), (fd) => writeDamoRecord(fd, run));
  await writeKdamond(run.path, run, 0);
  for (const [i, other] of (run.others ?? []).entries()) await writeKdamond(run.path, other, i + 1);
  await writeFileAtomic(at('truth.parquet'), (fd) => writeTruth(fd, run.truth));
  await writeFileAtomic(at('counters.parquet'), (fd) => writeCpuCounters(fd, run.cpuCounters));
  if (run.accessTruth.length > 0) await writeFileAtomic(at(ACCESS_TRUTH_TABLE), (fd) => writeAccessTruth(fd, run.accessTruth));
  writeTextAtomic(at('counters.json'), jsonText(run.counters));
  writeTextAtomic(at('phases.json'), jsonText(run.phases));
  if (summarise !== undefined) writeTextAtomic(at('summary.json'), jsonText(summarise(run)));
  if (run.manifest !== null) writeManifest(run.path, run.manifest);
}

/** The files that each kdamond has its own of. */
async function writeKdamond(dir: string, { snapshots, attribution, tables }: KdamondRun, kdamond: number): Promise<void> {
  const at = (name: KdamondTable) => path.join(dir, tableFile(name, kdamond));
  await writeFileAtomic(at('regions'), (fd) => writeRegions(fd, snapshots));
  if (attribution.length > 0) await writeFileAtomic(at('attribution'), (fd) => writeAttribution(fd, attribution));
  for (const name of TABLE_NAMES) await writeTable(at(name), name, tables);
}

export type KdamondTable = TableName | 'regions' | 'attribution';

/** Name of a table's file in a run directory; with the number of the kdamond that it is about if it is not the first. */
export function tableFile(name: KdamondTable, kdamond: number): string {
  return kdamond === 0 ? `${name}.parquet` : `${name}.${kdamond}.parquet`;
}

async function writeTable<Name extends TableName>(file: string, name: Name, tables: KdamondRun['tables']): Promise<void> {
  const rows = tables[name];
  if (rows.length > 0) await writeFileAtomic(file, (fd) => writeRows(fd, name, rows));
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
