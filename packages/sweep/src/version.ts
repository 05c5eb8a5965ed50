import { createHash } from 'node:crypto';
import { codeDigest } from '@damonlab/lab';
import { EXPORTER } from '@damonlab/record';

let version: string | undefined;

/**
 * What makes runs here: `damonlab@VERSION` and a digest of the code. Results of other code are not ours to use, and workers of other
 * code must not make points of ours, even where nobody has raised the version number.
 */
export function sweepVersion(): string {
  version ??= `${EXPORTER}+${codeDigest().slice(0, 12)}`;
  return version;
}

/** The address of the result of a scenario. */
export function resultKey(scenarioHash: string): string {
  return createHash('sha256').update(`${scenarioHash} ${sweepVersion()}`).digest('hex');
}
