import fs from 'node:fs';
import path from 'node:path';
import { isSystemError, UserError } from '@damonlab/base';
import type { RunEntry, RunFigures } from '@damonlab/dashboard';
import { JOURNAL, type Manifest, readManifest } from '@damonlab/record';

/** A run whose journal has not grown for so long was killed. */
const SILENT_MS = 30_000;

const NO_FIGURES: RunFigures = { virtual_s: null, accesses: null, nr_regions: null, wss: null, precision: null, recall: null };

/** No such run: a wrong id, or it was deleted meanwhile. */
export class NoSuchRun extends UserError {}

/** The run directories that are served: those straight under some folders, and nothing else of the disk. */
export class RunFolder {
  readonly #folders: readonly string[];
  readonly #entries = new Map<string, { readonly changedMs: number; readonly entry: RunEntry }>();

  /** @param folders the first one is listed; runs in the others can be opened, too */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** The directory of a run. NoSuchRun: an id that is no plain name, that is not there, or that leads out of the folder. */
  dirOf(id: string): string {
    for (const folder of this.#folders) {
      const dir = inside(folder, id);
      if (dir !== null) return dir;
    }
    throw new NoSuchRun('there is no such run', {
      actual: id,
      hint: 'it may have been deleted; the list of runs has those that are there',
    });
  }

  /** Every directory that has a manifest, or a part of a run without one. A broken one is told as such, and hides no other. */
  list(): RunEntry[] {
    const [folder] = this.#folders;
    return namesIn(folder).flatMap((id) => this.#entryOf(folder, id) ?? []);
  }

  /** Changes whenever a run comes, goes, or begins or ends to be something else. */
  signature(): string {
    const [folder] = this.#folders;
    return namesIn(folder)
      .map((id) => `${id} ${changedMs(path.join(folder, id))}`)
      .join('\n');
  }

  #entryOf(folder: string, id: string): RunEntry | null {
    const dir = inside(folder, id);
    if (dir === null) return null;
    const changed = changedMs(dir);
    const kept = this.#entries.get(id);
    // A run that goes on changes without its manifest.
    if (kept !== undefined && kept.changedMs === changed && kept.entry.state !== 'running') return kept.entry;
    const entry = readEntry(dir, id, changed);
    if (entry !== null) this.#entries.set(id, { changedMs: changed, entry });
    return entry;
  }
}

/** Whether the run of this manifest is still growing. */
export function isLive(dir: string, manifest: Manifest): boolean {
  if (manifest.state !== 'running') return false;
  const journal = fs.statSync(path.join(dir, JOURNAL), { throwIfNoEntry: false });
  return journal !== undefined && Date.now() - journal.mtimeMs < SILENT_MS;
}

function inside(folder: string, id: string): string | null {
  if (id === '' || id === '.' || id === '..' || /[/\\\0]/.test(id)) return null;
  const dir = path.join(folder, id);
  try {
    // A link may lead anywhere; where it ends decides.
    const real = fs.realpathSync(dir);
    return path.dirname(real) === fs.realpathSync(folder) && fs.statSync(real).isDirectory() ? dir : null;
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    // The folder comes with the first run.
    return [];
  }
}

function changedMs(dir: string): number {
  return fs.statSync(path.join(dir, 'manifest.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function readEntry(dir: string, id: string, changed: number): RunEntry | null {
  try {
    const manifest = readManifest(dir);
    return {
      id,
      name: manifest.name,
      state: manifest.state,
      live: isLive(dir, manifest),
      problem: null,
      kernel: manifest.kernel,
      seed: manifest.seed,
      scenario: scenarioFile(manifest),
      changedMs: changed,
      figures: readFigures(dir),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const claims = namesIn(dir).some((name) => name === 'manifest.json' || name === JOURNAL || name.endsWith('.parquet'));
    if (!claims) return null;
    const unknown = { kernel: '', seed: null, scenario: '', changedMs: changed, figures: NO_FIGURES };
    return { id, name: id, state: 'unreadable', live: false, problem: error.message, ...unknown };
  }
}

function scenarioFile({ scenario }: Manifest): string {
  return String(at(scenario, ['source', 'file']) ?? '');
}

/** The main figures, as far as there is a summary. */
function readFigures(dir: string): RunFigures {
  let summary: unknown;
  try {
    summary = JSON.parse(fs.readFileSync(path.join(dir, 'summary.json'), 'utf8'));
  } catch {
    return NO_FIGURES;
  }
  const figure = (...keys: string[]) => {
    const value = at(summary, keys);
    return typeof value === 'number' ? value : null;
  };
  return {
    virtual_s: figure('duration_s'),
    accesses: figure('cpu', 'accesses'),
    nr_regions: figure('targets', '0', 'nr_regions', 'p50'),
    wss: figure('targets', '0', 'wss', 'avg'),
    precision: figure('targets', '0', 'touched', 'prec_1'),
    recall: figure('targets', '0', 'touched', 'rec_1'),
  };
}

/** What nested plain data has under `keys`. */
function at(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce(
    (inner, key) => (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key) ? Reflect.get(inner, key) : undefined),
    value,
  );
}
