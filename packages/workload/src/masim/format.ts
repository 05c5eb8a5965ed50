import type { MasimConfig, MasimPattern } from './config.js';

/** Write a config (as `parseMasim` gives it) so that masim and `parseMasim` read the same config again. */
export function formatMasim(config: MasimConfig): string {
  const regions = config.regions.map((region) => `${region.name}, ${region.bytes}`);
  const phases = config.phases.map((phase) => {
    const patterns = phase.patterns.map((pattern) => formatPattern(pattern, config));
    return [phase.name, `${phase.durationMs}`, ...patterns];
  });
  const paragraphs = [['# name, size in bytes', ...regions], ...phases];
  return paragraphs.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function formatPattern(pattern: MasimPattern, config: MasimConfig): string {
  const fields = [config.regions[pattern.region]?.name, pattern.random ? 1 : 0, pattern.stride, pattern.probability];
  return [...fields, ...(pattern.rw === undefined ? [] : [pattern.rw])].join(', ');
}
