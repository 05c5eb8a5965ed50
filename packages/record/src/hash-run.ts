import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/**
 * SHA-256 in hex over names, sizes and contents of all files of a run directory but `host.json`, in the order of their names.
 * Two runs of the same scenario with the same seed have the same hash.
 */
export function hashRun(dir: string): string {
  const hash = createHash('sha256');
  const names = fs.readdirSync(dir).filter((name) => name !== 'host.json');
  for (const name of names.sort()) {
    const content = fs.readFileSync(path.join(dir, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
