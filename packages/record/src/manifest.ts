import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { UserError, writeTextAtomic } from '@damonlab/base';
import { corruptFile } from './corrupt-file.js';
import { EXPORTER } from './exporter.js';

export const RUN_FORMAT = 'damonlab-run';
export const RUN_FORMAT_VERSION = 1;

/** `running`: the run has not ended, or was killed. `incomplete`: it was killed, and `recoverRun` made its files. */
export type ManifestState = 'running' | 'complete' | 'interrupted' | 'failed' | 'incomplete';

/** Monitoring intervals in µs under damo's names, as damo's records carry them. */
export interface Intervals {
  readonly sample_us: number;
  readonly aggr_us: number;
  readonly ops_update_us: number;
  /** Present when the kdamond tunes its intervals: each snapshot then carries its own `sample_us`. */
  readonly intervals_goal?: {
    readonly access_bp: number;
    readonly aggrs: number;
    readonly min_sample_us: number;
    readonly max_sample_us: number;
  };
}

/** What the one who starts a run tells about it. A function of scenario and seed alone: host and executor belong to `host.json`. */
export interface RunDescription {
  readonly name: string;
  /** Whose time it ran in; missing in older runs, which are virtual. */
  readonly clock?: 'virtual' | 'wall';
  /** Non-negative safe integer. */
  readonly seed: number;
  /** Modelled kernel version, e.g. `7.3`. */
  readonly kernel: string;
  /** Null: nobody monitors. */
  readonly intervals: Intervals | null;
  /** Those of the kdamonds beside the first one, in their order; left out: there are none. */
  readonly otherIntervals?: readonly Intervals[];
  /** The full scenario after defaults: enough to repeat the run. JSON values only. */
  readonly scenario: unknown;
}

/** `manifest.json`: what was run, and how far it came. */
export interface Manifest extends RunDescription {
  readonly format: typeof RUN_FORMAT;
  readonly formatVersion: number;
  readonly exporter: string;
  readonly scenarioHash: string;
  readonly state: ManifestState;
  /** Why the run is not complete. */
  readonly reason?: string;
}

/** The manifest of a run that starts now. */
export function newManifest(description: RunDescription): Manifest {
  const { name, clock = 'virtual', seed, kernel, intervals, otherIntervals, scenario } = description;
  return {
    format: RUN_FORMAT,
    formatVersion: RUN_FORMAT_VERSION,
    exporter: EXPORTER,
    name,
    clock,
    scenarioHash: scenarioHash(scenario),
    seed,
    kernel,
    state: 'running',
    intervals,
    ...(otherIntervals === undefined ? {} : { otherIntervals }),
    scenario,
  };
}

/** SHA-256 in hex of the canonical JSON (sorted keys) of a scenario: the same for the same scenario, however it was written down. */
export function scenarioHash(scenario: unknown): string {
  return createHash('sha256').update(canonicalJson(scenario)).digest('hex');
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

export function writeManifest(dir: string, manifest: Manifest): void {
  writeTextAtomic(path.join(dir, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Read and check `manifest.json`. UserError: not a run directory, not JSON, of a newer format. */
export function readManifest(dir: string): Manifest {
  const file = path.join(dir, 'manifest.json');
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    throw new UserError('not a run directory', {
      where: dir,
      expected: 'a directory with a manifest.json, as `damonlab run` leaves it',
      hint: 'give the directory itself, e.g. runs/stairs-1; a damo record is given as the file damon.data',
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw corruptFile(file, 'it is not JSON');
  }
  checkManifest(file, value);
  return value;
}

function checkManifest(file: string, value: unknown): asserts value is Manifest {
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== RUN_FORMAT) {
    throw new UserError('not the manifest of a run', { where: file, expected: `"format": "${RUN_FORMAT}"` });
  }
  const version = 'formatVersion' in value ? value.formatVersion : undefined;
  if (typeof version !== 'number') throw corruptFile(file, 'formatVersion is missing');
  if (version > RUN_FORMAT_VERSION) {
    throw new UserError('the run was written by a newer damonlab', {
      where: file,
      expected: `formatVersion up to ${RUN_FORMAT_VERSION}`,
      actual: String(version),
      hint: 'read it with the damonlab that wrote it, or update this one',
    });
  }
  const states: readonly unknown[] = ['running', 'complete', 'interrupted', 'failed', 'incomplete'];
  if (!('state' in value) || !states.includes(value.state)) throw corruptFile(file, 'state is missing or unknown');
  if (!('name' in value) || typeof value.name !== 'string') throw corruptFile(file, 'name is missing');
  const intervals = 'intervals' in value ? value.intervals : undefined;
  const others: unknown = 'otherIntervals' in value ? value.otherIntervals : [];
  const known = (intervals === null || isIntervals(intervals)) && Array.isArray(others) && others.every(isIntervals);
  if (!known) throw corruptFile(file, 'intervals are missing or not numbers');
}

function isIntervals(value: unknown): value is Intervals {
  if (typeof value !== 'object' || value === null) return false;
  const numbers = new Map(Object.entries(value));
  return ['sample_us', 'aggr_us', 'ops_update_us'].every((key) => typeof numbers.get(key) === 'number');
}
