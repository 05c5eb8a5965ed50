import { readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@damonlab/base';
import { parseDocument } from 'yaml';
import { readText } from './files.js';

/** A scenario that comes with damonlab. */
export interface ShippedScenario {
  /** File name without extension. */
  readonly name: string;
  readonly file: string;
  /** One line: the key `description` of a scenario, the first comment of a masim config. */
  readonly description: string;
}

/** Where the shipped scenarios are: beside the packages. */
const SHIPPED_DIR = fileURLToPath(new URL('../../../scenarios', import.meta.url));

/**
 * The shipped scenarios in the order of their names.
 * @throws UserError if the directory is not there.
 */
export function listScenarios(dir: string = SHIPPED_DIR): ShippedScenario[] {
  return namesIn(dir)
    .filter((name) => ['.yaml', '.cfg'].includes(extname(name)))
    .sort()
    .map((name) => {
      const file = join(dir, name);
      return { name: basename(name, extname(name)), file, description: describe(readText(file, file), extname(name)) };
    });
}

/** Path of a shipped file by its path below the shipped scenarios: `studies/attribution/shared.yaml`. */
export function shippedFile(path: string): string {
  return join(SHIPPED_DIR, path);
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    throw new UserError('the shipped scenarios are not there', { where: dir, hint: 'run damonlab from a complete checkout' });
  }
}

function describe(text: string, extension: string): string {
  if (extension === '.yaml') return String(parseDocument(text).get('description') ?? '');
  return /^#\s*(.*)$/m.exec(text)?.[1] ?? '';
}
