import { createHash, type Hash } from 'node:crypto';
import type { Run } from './run.js';

/**
 * SHA-256 in hex of all that a run recorded, whether it lies in memory or was opened from its directory: snapshots, truth, phases,
 * counters, attribution, tables, those of every kdamond. Runs of the same scenario with the same seed have the same one, on any machine:
 * unlike `hashRun`, it does not depend on how files were compressed.
 */
export function hashRows(run: Run): string {
  const { snapshots, truth, phases, cpuCounters, attribution, accessTruth, tables, counters, others = [] } = run;
  const hash = createHash('sha256');
  const several = others.length === 0 ? {} : { others };
  add(hash, { snapshots, truth, phases, cpuCounters, attribution, accessTruth, tables, counters, ...several });
  return hash.digest('hex');
}

/** Every value with its type and extent, keys in order: no two different values add the same bytes. */
function add(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    hash.update(`${value.constructor.name} ${value.byteLength}:`).update(bytes);
  } else if (Array.isArray(value)) {
    hash.update(`[${value.length}:`);
    for (const item of value) add(hash, item);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    hash.update(`{${entries.length}:`);
    for (const [key, item] of entries) {
      hash.update(`${JSON.stringify(key)}:`);
      add(hash, item);
    }
  } else {
    hash.update(`${JSON.stringify(value)};`);
  }
}
