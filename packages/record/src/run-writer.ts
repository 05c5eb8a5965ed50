import fs from 'node:fs';
import path from 'node:path';
import { asRunError, assert, isSystemError, UserError, writeTextAtomic } from '@damonlab/base';
import { encodeAccessTruth, encodeAttribution } from './attribution-frames.js';
import type { AccessTruthWindow, AttributionWindow, CpuCounters, PhaseRecord, RunCounters, Snapshot, TruthWindow } from './events.js';
import { JOURNAL, jsonText, type Summarise, writeOutputs } from './finalise.js';
import { JournalWriter, readJournal } from './journal.js';
import { encodeCpuCounters, encodeJson, encodeOfKdamond, encodeSnapshot, encodeTruth, FrameKind } from './journal-frames.js';
import { type Manifest, newManifest, type RunDescription, writeManifest } from './manifest.js';
import type { RunTables, TableName } from './row-tables.js';
import { runOf } from './run.js';

/** Facts about this machine and this execution: they never enter the other files. */
export type HostFacts = Readonly<Record<string, unknown>>;

export interface RunWriterOptions {
  /** The directory to make, e.g. `runs/stairs-1`. If it exists, `-2`, `-3`… is appended. */
  readonly dir: string;
  readonly manifest: RunDescription;
  readonly host: HostFacts;
}

/**
 * Records a run: events go to a journal at once, and the end of the run makes the files of docs/run-format.md from it.
 * Every method throws RunError when the disk refuses (full, gone); the run directory then still says that it is incomplete.
 */
export class RunWriter {
  /** The directory that was made. */
  readonly dir: string;
  #manifest: Manifest;
  readonly #journal: JournalWriter;
  #ended = false;

  private constructor(dir: string, manifest: Manifest, journal: JournalWriter) {
    this.dir = dir;
    this.#manifest = manifest;
    this.#journal = journal;
  }

  /** UserError if the directory cannot be made; RunError if it cannot be filled. */
  static create({ dir, manifest: description, host }: RunWriterOptions): RunWriter {
    const made = makeDirectory(dir);
    try {
      const manifest = newManifest(description);
      const journal = new JournalWriter(path.join(made, JOURNAL));
      writeTextAtomic(path.join(made, 'host.json'), jsonText(host));
      writeManifest(made, manifest);
      return new RunWriter(made, manifest, journal);
    } catch (error) {
      fs.rmSync(made, { recursive: true, force: true });
      throw error;
    }
  }

  /** Record a snapshot of a kdamond, numbered from 0, and make everything so far survive a kill. */
  snapshot(snapshot: Snapshot, kdamond = 0): void {
    this.#append(FrameKind.snapshot, encodeSnapshot(snapshot), kdamond);
    this.#journal.flush();
  }

  truth(window: TruthWindow): void {
    this.#append(FrameKind.truth, encodeTruth(window));
  }

  phase(phase: PhaseRecord): void {
    this.#append(FrameKind.phase, encodeJson(phase));
  }

  cpuCounters(counters: CpuCounters): void {
    this.#append(FrameKind.cpuCounters, encodeCpuCounters(counters));
  }

  attribution(window: AttributionWindow, kdamond = 0): void {
    this.#append(FrameKind.attribution, encodeAttribution(window), kdamond);
  }

  accessTruth(window: AccessTruthWindow): void {
    this.#append(FrameKind.accessTruth, encodeAccessTruth(window));
  }

  /** Add to one of the tables that only some runs have. */
  rows<Name extends TableName>(table: Name, rows: readonly RunTables[Name][], kdamond = 0): void {
    if (rows.length > 0) this.#append(FrameKind.rows, encodeJson({ table, rows }), kdamond);
  }

  /** Replace `host.json`: what is known only at the end, such as the wall-clock time. */
  writeHost(host: HostFacts): void {
    writeTextAtomic(path.join(this.dir, 'host.json'), jsonText(host));
  }

  /** Something else is run than was said at the start: the manifest must tell how to repeat it. */
  amend(description: RunDescription): void {
    this.#manifest = newManifest(description);
    writeManifest(this.dir, this.#manifest);
  }

  /** The run is complete. `summarise` makes `summary.json` from what was recorded. */
  async finish(counters: RunCounters, summarise: Summarise): Promise<void> {
    await this.#end({ ...this.#manifest, state: 'complete' }, counters, summarise);
  }

  /** The user stopped the run: its files are made as far as it came. */
  async interrupt(reason: string, counters: RunCounters = {}, summarise?: Summarise): Promise<void> {
    await this.#end({ ...this.#manifest, state: 'interrupted', reason }, counters, summarise);
  }

  /** The run could not go on. */
  async fail(reason: string, counters: RunCounters = {}, summarise?: Summarise): Promise<void> {
    await this.#end({ ...this.#manifest, state: 'failed', reason }, counters, summarise);
  }

  #append(kind: number, payload: Uint8Array, kdamond = 0): void {
    assert(!this.#ended, 'no event after the end of the run');
    if (kdamond === 0) this.#journal.append(kind, payload);
    else this.#journal.append(FrameKind.ofKdamond, encodeOfKdamond(kdamond, kind, payload));
  }

  async #end(manifest: Manifest, counters: RunCounters, summarise: Summarise | undefined): Promise<void> {
    this.#append(FrameKind.runCounters, encodeJson(counters));
    this.#ended = true;
    try {
      this.#journal.flush();
    } finally {
      this.#journal.close();
    }
    const journal = path.join(this.dir, JOURNAL);
    await writeOutputs(runOf(this.dir, manifest, readJournal(journal)), summarise);
    fs.rmSync(journal);
  }
}

function makeDirectory(wanted: string): string {
  try {
    makeParents(path.dirname(wanted));
    for (let attempt = 1; ; attempt++) {
      const dir = attempt === 1 ? wanted : `${wanted}-${attempt}`;
      if (makeNew(dir)) return dir;
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') throw asRunError(error, wanted);
    throw new UserError('cannot make the run directory', {
      where: wanted,
      expected: 'a place where this user may make a directory',
      actual: error.message,
      hint: 'choose another place with --out',
    });
  }
}

/** Not `recursive` of Node's mkdir, which never returns where an existing directory takes no entries (`/proc`). */
function makeParents(dir: string): void {
  if (fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (path.dirname(dir) !== dir) makeParents(path.dirname(dir));
  makeNew(dir);
}

function makeNew(dir: string): boolean {
  try {
    fs.mkdirSync(dir);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}
