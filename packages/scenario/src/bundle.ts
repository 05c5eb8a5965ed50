import { basename } from 'node:path';
import { UserError } from '@damonlab/base';
import { type MasimConfig, parseMasim } from '@damonlab/workload';
import { filesBeside, readText, type WorkloadFiles } from './files.js';
import { parseScenarioWith } from './load.js';
import type { Override } from './overrides.js';
import type { ResolvedScenario } from './resolved.js';

/** A scenario file together with the masim configs that it names: all that it takes to resolve it on another machine. */
export interface ScenarioBundle {
  /** Base name: what kind of file `text` is, and its name in errors. */
  readonly file: string;
  readonly text: string;
  /** Texts of masim configs under the names that the scenario calls them by. */
  readonly masim: Readonly<Record<string, string>>;
}

/**
 * Bundle `file` with every masim config that it names under any of `variants`, each a list of overrides.
 * @throws UserError with the place of the first mistake that one of the variants has
 */
export function bundleScenario(file: string, variants: Iterable<readonly Override[]>): ScenarioBundle {
  const text = readText(file, file);
  const masim: Record<string, string> = {};
  const files = recorded(filesBeside(file), masim);
  for (const overrides of variants) parseScenarioWith(text, file, { overrides, files });
  return { file: basename(file), text, masim };
}

/** The scenario of a bundle: `loadScenario` without its files. @throws UserError as `loadScenario` */
export function resolveBundle(bundle: ScenarioBundle, overrides: readonly Override[]): ResolvedScenario {
  return parseScenarioWith(bundle.text, bundle.file, { overrides, files: bundledFiles(bundle) });
}

/** The same files; the text of each that was read is put into `texts`. */
function recorded(files: WorkloadFiles, texts: Record<string, string>): WorkloadFiles {
  const configs = new Map<string, MasimConfig>();
  return {
    text: files.text,
    read(name, where) {
      texts[name] ??= files.text(name, where);
      const config = configs.get(name) ?? parseMasim(texts[name], name);
      configs.set(name, config);
      return config;
    },
    trace: refuseTrace,
  };
}

function bundledFiles({ masim }: ScenarioBundle): WorkloadFiles {
  const text = (name: string, where: string): string => {
    if (Object.hasOwn(masim, name)) return masim[name];
    throw new UserError('a masim config that the bundle does not hold', { where, actual: name });
  };
  return { text, read: (name, where) => parseMasim(text(name, where), name), trace: refuseTrace };
}

/** A trace is too large to go with every point, and its path means nothing on another machine. */
function refuseTrace(name: string, where: string): never {
  const hint = '`damonlab run` and `damonlab study` replay traces';
  throw new UserError('a bundle cannot hold a trace', { where, expected: 'masim configs or synthetic patterns', actual: name, hint });
}
