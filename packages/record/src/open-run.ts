import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '@damonlab/base';
import { readAccessTruth, readAttribution } from './attribution-tables.js';
import { corruptFile } from './corrupt-file.js';
import { openDamoRecord } from './damo-read.js';
import type { PhaseRecord, RunCounters } from './events.js';
import { ACCESS_TRUTH_TABLE, JOURNAL, type KdamondTable, type Summarise, tableFile, writeOutputs } from './finalise.js';
import { readJournal } from './journal.js';
import { type Manifest, readManifest } from './manifest.js';
import { readRows } from './row-files.js';
import { noTables, type RowLists, type RunTables, TABLE_NAMES, type TableName } from './row-tables.js';
import { emptyRows, type KdamondRows, type Run, type RunRows, runOf } from './run.js';
import { readCpuCounters, readRegions, readTruth } from './tables.js';

/**
 * Open what a run left: a run directory, or a damo record if `where` is a file. A killed run is read from its journal, up to its
 * last whole snapshot, and has the state `incomplete`.
 * UserError: nothing there, not a run directory, written by a newer version, corrupt.
 */
export async function openRun(where: string): Promise<Run> {
  const stat = fs.statSync(where, { throwIfNoEntry: false });
  if (stat === undefined) throw new UserError('no such run', { where, expected: 'a run directory, or a damo record' });
  if (stat.isFile()) return openDamoRecord(where);
  const manifest = readManifest(where);
  return runOf(where, manifest, manifest.state === 'running' ? readUnfinished(where) : await readFinished(where, manifest));
}

/**
 * Make the files of a killed run from its journal, as its end would have made them; its state stays `incomplete`. Only for a run
 * whose process is gone. A run that has ended is opened as it is.
 */
export async function recoverRun(dir: string, summarise?: Summarise): Promise<Run> {
  const manifest = readManifest(dir);
  if (manifest.state !== 'running') return openRun(dir);
  const recovered: Manifest = {
    ...manifest,
    state: 'incomplete',
    reason: 'the run was killed; these files were recovered from its journal',
  };
  const run = runOf(dir, recovered, readUnfinished(dir));
  await writeOutputs(run, summarise);
  fs.rmSync(path.join(dir, JOURNAL), { force: true });
  return run;
}

function readUnfinished(dir: string): RunRows {
  const journal = path.join(dir, JOURNAL);
  return fs.existsSync(journal) ? readJournal(journal) : emptyRows();
}

async function readFinished(dir: string, manifest: Manifest): Promise<RunRows> {
  const at = (name: string) => requireFile(path.join(dir, name), manifest);
  return {
    ...(await readKdamond(dir, manifest, 0)),
    truth: await readTruth(at('truth.parquet')),
    cpuCounters: await readCpuCounters(at('counters.parquet')),
    accessTruth: await ifThere(path.join(dir, ACCESS_TRUTH_TABLE), readAccessTruth),
    others: await readOthers(dir, manifest),
    phases: readPhases(at('phases.json')),
    counters: readCounters(at('counters.json')),
  };
}

async function readOthers(dir: string, manifest: Manifest): Promise<KdamondRows[]> {
  const others: KdamondRows[] = [];
  for (let i = 0; i < (manifest.otherIntervals?.length ?? 0); i++) others.push(await readKdamond(dir, manifest, i + 1));
  return others;
}

async function readKdamond(dir: string, manifest: Manifest, kdamond: number): Promise<KdamondRows> {
  const at = (name: KdamondTable) => path.join(dir, tableFile(name, kdamond));
  const tables = noTables();
  for (const name of TABLE_NAMES) await readInto(tables, name, at(name));
  return {
    snapshots: await readRegions(requireFile(at('regions'), manifest)),
    attribution: await ifThere(at('attribution'), readAttribution),
    tables,
  };
}

async function readInto<Name extends TableName>(tables: RowLists, name: Name, file: string): Promise<void> {
  const list: RunTables[Name][] = tables[name];
  for (const row of await ifThere(file, (there) => readRows(there, name))) list.push(row);
}

async function ifThere<Row>(file: string, read: (file: string) => Promise<Row[]>): Promise<Row[]> {
  return fs.existsSync(file) ? read(file) : [];
}

function requireFile(file: string, manifest: Manifest): string {
  if (fs.existsSync(file)) return file;
  throw new UserError('a file of the run is missing', { where: file, actual: `the manifest says that the run is ${manifest.state}` });
}

function readPhases(file: string): PhaseRecord[] {
  const value = readJson(file);
  if (!Array.isArray(value)) throw corruptFile(file, 'it is not a list');
  if (!value.every(isPhase)) throw corruptFile(file, 'a phase lacks a field');
  return value;
}

function isPhase(value: unknown): value is PhaseRecord {
  if (typeof value !== 'object' || value === null) return false;
  const phase = new Map(Object.entries(value));
  return ['targetId', 'startNs', 'endNs'].every((key) => typeof phase.get(key) === 'number') && Array.isArray(phase.get('hot'));
}

function readCounters(file: string): RunCounters {
  const value = readJson(file);
  if (typeof value !== 'object' || value === null) throw corruptFile(file, 'it is not an object');
  return Object.fromEntries(Object.entries(value).map(([name, count]) => [name, Number(count)]));
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    throw corruptFile(file, 'it is not JSON');
  }
}
