import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { runScenario } from '@damonlab/lab';
import type { ExecutorSpec } from '@damonlab/machine';
import { hashRun } from '@damonlab/record';
import { type ResolvedScenario, reviveScenario } from '@damonlab/scenario';
import { withTempDir } from '@damonlab/testkit';
import { describe, expect, it } from 'vitest';
import { scenario, scenarioNames } from './scenarios.js';

const SEED = 20_240_229;
/** Files with figures that chance has a part in. */
const MEASURED = ['damon.data', 'regions.parquet', 'truth.parquet', 'access_truth.parquet', 'counters.parquet', 'counters.json'];

/** Run in a new directory; `use` sees it before it is gone. */
async function inTempDir<T>(what: ResolvedScenario, executor: ExecutorSpec, use: (dir: string) => T | Promise<T>): Promise<T> {
  return withTempDir(async (outDir) => {
    const { dir } = await runScenario(what, { executor, outDir });
    if (dir === null) throw new Error('a run with outDir has a directory');
    return use(dir);
  });
}

const hashOf = (what: ResolvedScenario, executor: ExecutorSpec) => inTempDir(what, executor, hashRun);

/** What each file of a run holds. */
const filesOf = (what: ResolvedScenario) =>
  inTempDir(what, 'inline', (dir) => new Map(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'base64')])));

const known = new Map<string, Promise<string>>();
/** The hash that all others are compared with, computed once. */
function inlineHash(name: string): Promise<string> {
  const hash = known.get(name) ?? hashOf(scenario(name, SEED), 'inline');
  known.set(name, hash);
  return hash;
}

/** Threads that want the cores for themselves while `fn` runs. */
async function underLoad<T>(fn: () => Promise<T>): Promise<T> {
  const busy = [0, 1, 2].map(() => new Worker('for (;;) Math.sqrt(2);', { eval: true }));
  try {
    return await fn();
  } finally {
    await Promise.all(busy.map((worker) => worker.terminate()));
  }
}

describe.each(scenarioNames)('%s', (name) => {
  it.each<ExecutorSpec>(['lanes:2', 'lanes:3', 'threads'])('the same run, carried by %s', async (executor) => {
    expect(await hashOf(scenario(name, SEED), executor)).toBe(await inlineHash(name));
  });

  it('the same run on a machine that is busy otherwise', async () => {
    expect(await underLoad(() => hashOf(scenario(name, SEED), 'threads'))).toBe(await inlineHash(name));
  });

  it('a finished run is replayed from its manifest', async () => {
    const revived = await inTempDir(scenario(name, SEED), 'lanes:2', (dir) => {
      const file = join(dir, 'manifest.json');
      return reviveScenario(JSON.parse(readFileSync(file, 'utf8')).scenario, file);
    });
    expect(await hashOf(revived, 'inline')).toBe(await inlineHash(name));
  });

  it('another seed is another run, in all that was measured', async () => {
    const [one, two] = [await filesOf(scenario(name, SEED)), await filesOf(scenario(name, SEED + 1))];
    expect([...two.keys()]).toEqual([...one.keys()]);
    for (const file of MEASURED) expect(two.get(file) === one.get(file), file).toBe(false);
  });
});

it('a run leaves these files, all of which the hash is over but one', async () => {
  await inTempDir(scenario(scenarioNames[0], SEED), 'inline', (dir) => {
    const names = readdirSync(dir);
    // Placement, and what of it was touched, is of machines with several nodes.
    const others = [
      'faults.parquet',
      'placement.parquet',
      'touched_pages.parquet',
      'host.json',
      'manifest.json',
      'phases.json',
      'summary.json',
    ];
    expect(names.sort()).toEqual([...MEASURED, ...others].sort());
    const before = hashRun(dir);
    for (const name of names) {
      const text = readFileSync(join(dir, name));
      writeFileSync(join(dir, name), Buffer.concat([text, Buffer.of(0)]));
      expect(hashRun(dir) === before, name).toBe(name === 'host.json');
      writeFileSync(join(dir, name), text);
    }
    expect(hashRun(dir)).toBe(before);
  });
});
