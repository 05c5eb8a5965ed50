import type { MasimConfig } from './config.js';
import { readLines } from './lines.js';
import { parsePhases } from './parse-phases.js';
import { parseRegions } from './parse-regions.js';

/**
 * Read a masim config by masim's own grammar. What masim reads, this reads alike; what masim rejects or misreads
 * without a word is an error that names its place.
 *
 * @param text the file's content
 * @param file its name, for errors
 * @throws UserError at `file:line:column` of the original file
 */
export function parseMasim(text: string, file: string): MasimConfig {
  const source = readLines(text, file);
  const { regions, end } = parseRegions(source);
  return { regions, phases: parsePhases(source, end + 1, regions) };
}
