import fs from 'node:fs';
import path from 'node:path';
import { JOURNAL, type Manifest } from '@damonlab/record';
import type { ControlPort } from './ports.js';

/** A run whose journal has not grown for so long was killed, unless it takes commands: then it is paused. */
const SILENT_MS = 30_000;

/** Whether the run of this manifest goes on. */
export async function goesOn(dir: string, manifest: Manifest, control: ControlPort): Promise<boolean> {
  if (manifest.state !== 'running') return false;
  const journal = fs.statSync(path.join(dir, JOURNAL), { throwIfNoEntry: false });
  if (journal === undefined) return false;
  return Date.now() - journal.mtimeMs < SILENT_MS || (await control.commandsOf(dir)).length > 0;
}
