import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '@damonlab/base';
import { RUN_FORMAT } from '@damonlab/record';
import { listScenarios, loadScenario, type Override, type ResolvedScenario, reviveScenario } from '@damonlab/scenario';

/**
 * The scenario that the user means by `file`: a scenario or masim file, the name of a shipped one, or a finished run, by its
 * directory or its manifest. Warnings go to stderr.
 * @throws UserError
 */
export function scenarioFrom(file: string, overrides: readonly Override[]): ResolvedScenario {
  const manifest = manifestOf(file);
  if (manifest === undefined) return loadScenario(existsSync(file) ? file : shipped(file), overrides, warn);
  const [first] = overrides;
  if (first === undefined) return replay(manifest);
  throw new UserError('a replay repeats the run as it was', { where: first.flag, hint: 'change the scenario file and run that' });
}

function warn(message: string): void {
  process.stderr.write(`damonlab: warning: ${message}\n`);
}

function manifestOf(file: string): string | undefined {
  if (basename(file) === 'manifest.json') return file;
  const inside = join(file, 'manifest.json');
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() && existsSync(inside) ? inside : undefined;
}

function replay(file: string): ResolvedScenario {
  const manifest = readJson(file);
  if (
    typeof manifest === 'object' &&
    manifest !== null &&
    'format' in manifest &&
    manifest.format === RUN_FORMAT &&
    'scenario' in manifest
  ) {
    return findTraces(reviveScenario(manifest.scenario, file), file);
  }
  throw new UserError('not the manifest of a run', {
    where: file,
    expected: `a JSON object with "format": "${RUN_FORMAT}" and a scenario`,
  });
}

/** The traces of a run: where they were when it was made, or here. Whether they are the same ones shows when they are opened. */
function findTraces(scenario: ResolvedScenario, manifest: string): ResolvedScenario {
  const host = join(dirname(manifest), 'host.json');
  const facts = existsSync(host) ? readJson(host) : {};
  const known =
    typeof facts === 'object' && facts !== null && 'trace_dirs' in facts && Array.isArray(facts.trace_dirs) ? facts.trace_dirs : [];
  const dirs = [...known.map(String), process.cwd()];
  const processes = scenario.machine.processes.map((process) => {
    const { workload } = process;
    if (workload.kind !== 'trace') return process;
    const dir = dirs.find((candidate) => existsSync(join(candidate, workload.file)));
    if (dir !== undefined) return { ...process, workload: { ...workload, dir: resolve(dir) } };
    throw new UserError('the trace of this run is not there', { where: workload.file, expected: `in one of ${dirs.join(', ')}` });
  });
  return { ...scenario, machine: { ...scenario.machine, processes } };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError('not readable as JSON', { where: file, actual: error instanceof Error ? error.message : String(error) });
  }
}

function shipped(name: string): string {
  const scenarios = listScenarios();
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found.file;
  throw new UserError('no such file', {
    where: name,
    expected: `a masim config, a scenario YAML, or a shipped scenario: ${scenarios.map((scenario) => scenario.name).join(', ')}`,
  });
}
