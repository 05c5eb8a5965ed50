import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '@damonlab/base';
import type { RunPicture } from '@damonlab/dashboard';
import { encodeRun, JOURNAL, openRun, type Run, readManifest } from '@damonlab/record';
import { heatmap, maxHeat } from '@damonlab/report';

/** At most so many bytes of a journal go out in one answer; the page asks for the rest. */
const MOST_BYTES = 64 << 20;
/** So many finished runs are kept as bytes. */
const KEPT_RUNS = 4;
const KEPT_PICTURES = 5000;
const PICTURE = { rows: 64, cols: 24 };

/** The run has ended since the reader began: its journal is gone, and its bytes begin anew. */
export class RunEnded extends UserError {}

/** Runs as bytes of a journal and as small pictures; what was made last is kept. */
export class RunBytes {
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #pictures = new Map<string, RunPicture>();

  /** A run from byte `from` on: its journal as it lies there, or all that a finished run recorded. UserError: it cannot be read. */
  async from(dir: string, from: number): Promise<Uint8Array> {
    if (readManifest(dir).state === 'running') return readJournal(path.join(dir, JOURNAL), from);
    if (from > 0) throw new RunEnded('the run has ended meanwhile', { where: dir });
    return keep(this.#bytes, keyOf(dir), KEPT_RUNS, async () => encodeRun(await openRun(dir)));
  }

  /** Blank of a run that nobody monitored. UserError: it cannot be read. */
  picture(dir: string): Promise<RunPicture> {
    return keep(this.#pictures, keyOf(dir), KEPT_PICTURES, async () => pictureOf(await openRun(dir)));
  }
}

/** How long the journal of a run is; 0 if there is none. */
export function journalBytes(dir: string): number {
  return fs.statSync(path.join(dir, JOURNAL), { throwIfNoEntry: false })?.size ?? 0;
}

function readJournal(file: string, from: number): Uint8Array {
  let fd: number;
  try {
    fd = fs.openSync(file, 'r');
  } catch {
    if (from > 0) throw new RunEnded('the run has ended meanwhile', { where: file });
    return new Uint8Array(0);
  }
  try {
    const bytes = new Uint8Array(Math.max(0, Math.min(fs.fstatSync(fd).size - from, MOST_BYTES)));
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, from));
  } finally {
    fs.closeSync(fd);
  }
}

/** A run is the same as long as its manifest and its journal are. */
function keyOf(dir: string): string {
  return `${dir}\n${fs.statSync(path.join(dir, 'manifest.json')).mtimeMs}\n${journalBytes(dir)}`;
}

/** What `make` gives, kept under `key`; the oldest of more than `most` goes. */
async function keep<T>(kept: Map<string, T>, key: string, most: number, make: () => Promise<T>): Promise<T> {
  const found = kept.get(key);
  if (found !== undefined) return found;
  const made = await make();
  kept.set(key, made);
  const [oldest] = kept.keys();
  if (kept.size > most) kept.delete(oldest);
  return made;
}

function pictureOf(run: Run): RunPicture {
  if (run.targets.length === 0) return { rows: 1, cols: 1, heat: '-' };
  const [map] = heatmap(run, PICTURE).maps;
  const max = maxHeat(map) || 1;
  const digit = (heat: number) => (Number.isNaN(heat) ? '-' : Math.min(15, Math.floor((heat / max) * 16)).toString(16));
  return { ...PICTURE, heat: Array.from(map.heat, digit).join('') };
}
