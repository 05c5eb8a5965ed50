import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = fileURLToPath(new URL('../..', import.meta.url));
const SCOPE = '@damonlab/';

/** Packages that a run is made by, with all that they need. */
const MAKERS = ['machine', 'record', 'report'];

/**
 * SHA-256 in hex over the built code that a run's files depend on. Runs are deterministic, so the same scenario and the same digest
 * mean the same run; a version number alone would take a run of changed code for it.
 */
export function codeDigest(packagesDir: string = PACKAGES): string {
  const hash = createHash('sha256');
  for (const name of withDependencies(packagesDir, MAKERS)) {
    const dist = path.join(packagesDir, name, 'dist');
    const files = fs.readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
    for (const file of files.sort()) hash.update(`${name}/${file}\0`).update(fs.readFileSync(path.join(dist, file)));
  }
  return hash.digest('hex');
}

/** `names` and the packages of this repository that they depend on, in the order of their names. */
function withDependencies(packagesDir: string, names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    const manifest: unknown = JSON.parse(fs.readFileSync(path.join(packagesDir, name, 'package.json'), 'utf8'));
    for (const dependency of dependenciesOf(manifest)) if (dependency.startsWith(SCOPE)) visit(dependency.slice(SCOPE.length));
  };
  names.forEach(visit);
  return [...found].sort();
}

function dependenciesOf(manifest: unknown): string[] {
  if (typeof manifest !== 'object' || manifest === null || !('dependencies' in manifest)) return [];
  return Object.keys(manifest.dependencies ?? {});
}
