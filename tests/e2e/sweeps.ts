/** What the end-to-end tests of sweeps share: small sweeps, workers, and looks into a store from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { spawnCli } from '@damonlab/testkit';
import { expect } from 'vitest';
import { type Backend, openEmbedded, openRedis } from '../../packages/store/dist/index.js';
import { sweepId } from '../../packages/sweep/dist/index.js';
import { ROOT } from './cli.js';

export interface SmallSweep {
  readonly name?: string;
  readonly axes?: object;
  readonly seeds?: unknown;
  readonly [key: string]: unknown;
}

/** Virtual ms of a run: about as many µs of real time. */
export function writeSweep(dir: string, more: SmallSweep = {}, ms = 20): string {
  const scenario = {
    topology: { nodes: [{ cpus: 1, memory: '64 MiB' }] },
    processes: [{ workload: { pattern: 'pointer_chase', size: '1 MiB', duration: `${ms} ms`, access: '1 us' } }],
    monitor: { intervals: { sample_us: 1000, aggr_us: 5000, ops_update_us: 10_000 } },
  };
  const sweep = {
    scenario: 'small.yaml',
    axes: { max: { key: 'monitor.nr_regions.max', list: [20, 100] }, thp: ['never', 'always'] },
    seeds: 3,
    figures: { recall: 'targets.0.touched.rec_1', wss: 'wss.wss.avg' },
    ...more,
  };
  // JSON is YAML.
  writeFileSync(join(dir, 'small.yaml'), JSON.stringify(scenario));
  writeFileSync(join(dir, `${more.name ?? 'small'}.sweep.yaml`), JSON.stringify({ name: 'small', ...sweep }));
  return `${more.name ?? 'small'}.sweep.yaml`;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** `damonlab ARGS` in `cwd`, to its end. */
export function damonlab(cwd: string, args: readonly string[], env: Env = {}) {
  return spawnCli(args, { cwd, env: { DAMONLAB_REDIS: undefined, ...env } });
}

/** All points of a sweep as CSV. */
export async function csvOf(cwd: string, name: string, env: Env = {}): Promise<string> {
  const { status, stdout, stderr } = await damonlab(cwd, ['sweep', 'results', name, '--points', '--format', 'csv'], env);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** Wait until so many points of a sweep are done. */
export async function doneAtLeast(backend: Backend, name: string, points: number): Promise<void> {
  for (;;) {
    const record = await backend.store.getSweep(name);
    if (record !== null && (await backend.store.counts(sweepId(record), record.nrPoints)).done >= points) return;
    await setTimeout(50);
  }
}

/** The same, embedded, from another process than the one that writes. */
export async function embeddedDone(cwd: string, name: string, points: number): Promise<void> {
  const backend = await openEmbedded(join(cwd, 'sweeps'));
  await doneAtLeast(backend, name, points);
  await backend.close();
}

export { openRedis };

/** A `damonlab-worker` that is going on. */
export class Worker {
  readonly child: ChildProcess;
  readonly ended: Promise<{ status: number | null; stderr: string }>;
  stderr = '';

  constructor(cwd: string, args: readonly string[], env: Env) {
    const bin = join(ROOT, 'apps/worker/bin/damonlab-worker.js');
    this.child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...process.env, NO_COLOR: '1', ...env } });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (status) => resolve({ status, stderr: this.stderr }));
    });
  }

  async says(what: RegExp): Promise<void> {
    await expect.poll(() => this.stderr, { timeout: 30_000 }).toMatch(what);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}
