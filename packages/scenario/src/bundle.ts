import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '@damonlab/base';
import { isTrace, TraceFile } from '@damonlab/trace';
import { type MasimConfig, parseMasim } from '@damonlab/workload';
import { filesBeside, readText, type TraceFacts, type WorkloadFiles } from './files.js';
import { parseScenarioWith, type ScenarioParts, traceScenario } from './load.js';
import type { Override } from './overrides.js';
import type { ResolvedScenario } from './resolved.js';

/** A scenario file together with what it names: all that it takes to resolve it on another machine. */
export interface ScenarioBundle {
  /** Base name: what kind of file `text` is, and its name in errors. */
  readonly file: string;
  /** Null: the file is a trace, and the only one. */
  readonly text: string | null;
  /** Texts of masim configs under the names that the scenario calls them by. */
  readonly masim: Readonly<Record<string, string>>;
  /** Facts of traces under those names. The files are too large to go along: `findTraces` says where they are. */
  readonly traces: Readonly<Record<string, TraceFacts>>;
}

/**
 * Bundle `file` with every masim config and trace that it names under any of `variants`, each a list of overrides.
 * @throws UserError with the place of the first mistake that one of the variants has
 */
export function bundleScenario(file: string, variants: Iterable<readonly Override[]>): ScenarioBundle {
  const text = isTrace(file) ? null : readText(file, file);
  const masim: Record<string, string> = {};
  const traces: Record<string, TraceFacts> = {};
  const files = recorded(filesBeside(file), masim, traces);
  for (const overrides of variants) parseBundled(text, file, { overrides, files });
  return { file: basename(file), text, masim, traces };
}

/** The scenario of a bundle: `loadScenario` without its files. @throws UserError as `loadScenario` */
export function resolveBundle(bundle: ScenarioBundle, overrides: readonly Override[]): ResolvedScenario {
  return parseBundled(bundle.text, bundle.file, { overrides, files: bundledFiles(bundle) });
}

/**
 * The same bundle with its traces where they lie on this machine: where they lay when it was bundled, or in `dir`.
 * @throws UserError at `where` if one is in neither place, or another trace of that name is
 */
export function findTraces(bundle: ScenarioBundle, dir: string, where: string): ScenarioBundle {
  const traces = Object.entries(bundle.traces).map(([name, facts]) => [
    name,
    { ...facts, dir: dirOf(facts, [facts.dir, resolve(dir)], where) },
  ]);
  return { ...bundle, traces: Object.fromEntries(traces) };
}

function dirOf({ file, id }: TraceFacts, dirs: readonly string[], where: string): string {
  const there = dirs.filter((dir) => existsSync(join(dir, file)));
  const found = there.find((dir) => TraceFile.open(join(dir, file)).id === id);
  if (found !== undefined) return found;
  const what = there.length === 0 ? 'a trace that is not on this machine' : 'another trace of this name';
  throw new UserError(what, { where: `${where}: ${file}`, expected: `id ${id} in ${dirs.join(' or ')}`, hint: 'copy it there' });
}

function parseBundled(text: string | null, file: string, parts: ScenarioParts): ResolvedScenario {
  return text === null ? traceScenario(file, parts) : parseScenarioWith(text, file, parts);
}

/** The same files; what was read of each is put into `texts` and `traces`. */
function recorded(files: WorkloadFiles, texts: Record<string, string>, traces: Record<string, TraceFacts>): WorkloadFiles {
  const configs = new Map<string, MasimConfig>();
  return {
    text: files.text,
    read(name, where) {
      texts[name] ??= files.text(name, where);
      const config = configs.get(name) ?? parseMasim(texts[name], name);
      configs.set(name, config);
      return config;
    },
    trace(name, where) {
      traces[name] ??= files.trace(name, where);
      return traces[name];
    },
  };
}

function bundledFiles({ masim, traces }: ScenarioBundle): WorkloadFiles {
  const heldIn = <T>(files: Readonly<Record<string, T>>, kind: string, name: string, where: string): T => {
    if (Object.hasOwn(files, name)) return files[name];
    throw new UserError(`a ${kind} that the bundle does not hold`, { where, actual: name });
  };
  const text = (name: string, where: string) => heldIn(masim, 'masim config', name, where);
  const trace = (name: string, where: string) => heldIn(traces, 'trace', name, where);
  return { text, read: (name, where) => parseMasim(text(name, where), name), trace };
}
