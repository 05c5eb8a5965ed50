import fs from 'node:fs';
import path from 'node:path';
import type { Clock } from '@damonlab/machine';
import { EXPORTER, type Manifest, scenarioHash } from '@damonlab/record';
import type { ResolvedScenario } from '@damonlab/scenario';
import { recordedScenario } from './describe-run.js';

/**
 * Where the directory of a run of `scenario` goes under `outDir`: the same run has the same name everywhere. In wall time no two runs
 * are the same, so those have other names.
 */
export function runDirectory(outDir: string, scenario: ResolvedScenario, clock: Clock = 'virtual'): string {
  const name = clock === 'wall' ? `${scenario.name}-wall` : scenario.name;
  return path.join(outDir, `${name}-${scenarioHash(recordedScenario(scenario)).slice(0, 8)}`);
}

/**
 * A complete run of the very same scenario, made by the very same code, that is already under `outDir`; null if there is none.
 * @param code from `codeDigest`
 */
export function keptRun(outDir: string, scenario: ResolvedScenario, code: string, clock: Clock = 'virtual'): string | null {
  const wanted = runDirectory(outDir, scenario, clock);
  const hash = scenarioHash(recordedScenario(scenario));
  for (let attempt = 1; ; attempt++) {
    const dir = attempt === 1 ? wanted : `${wanted}-${attempt}`;
    if (!fs.existsSync(dir)) return null;
    const manifest = readObject(path.join(dir, 'manifest.json'));
    const same = manifest.state === 'complete' && manifest.scenarioHash === hash && manifest.exporter === EXPORTER;
    if (same && readObject(path.join(dir, 'host.json')).code === code) return dir;
  }
}

/** A file that is not there or not whole is no reason to stop: the run is made again. */
function readObject(file: string): Partial<Manifest> & { readonly code?: unknown } {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
