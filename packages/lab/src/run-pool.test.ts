import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashRun, openRun } from '@damonlab/record';
import { parseScenario, type ResolvedScenario } from '@damonlab/scenario';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeDigest } from './code-digest.js';
import { keptRun } from './kept-run.js';
import { type PooledRun, runAll } from './run-pool.js';

const scenario = (seed: number, { duration = '50 ms', memory = '64 MiB' } = {}): ResolvedScenario =>
  parseScenario(
    `
seed: ${seed}
topology: { nodes: [{ cpus: 2, memory: ${memory} }] }
processes:
  - workload: { pattern: zipf, size: 16 MiB, duration: ${duration}, access: 200 ns }
    threads: 2
monitor: { intervals: { sample_us: 1000, aggr_us: 10000, ops_update_us: 100000 } }
`,
    'small.yaml',
  );
const LONG = '10000 s';

let outDir: string;
beforeEach(() => {
  outDir = mkdtempSync(join(tmpdir(), 'damonlab-pool-'));
});
afterEach(() => rmSync(outDir, { recursive: true, force: true }));

const dirsOf = (runs: readonly PooledRun[]) => runs.map(({ dir }) => String(dir));

describe('runAll', () => {
  it('gives the same runs whatever the number of jobs, in the order asked for, and tells each as it ends', async () => {
    const scenarios = [1, 2, 3].map((seed) => scenario(seed));
    const seen: PooledRun[] = [];
    const two = await runAll(scenarios, { jobs: 2, outDir: join(outDir, 'two'), onEnd: (run) => seen.push(run) });
    const one = await runAll(scenarios, { jobs: 1, outDir: join(outDir, 'one') });
    expect(dirsOf(one).map(hashRun)).toEqual(dirsOf(two).map(hashRun));
    expect(new Set(dirsOf(two).map(hashRun)).size).toBe(3);
    expect(two.map((run) => run.scenario.machine.seed)).toEqual([1, 2, 3]);
    expect(two.every(({ state }) => state === 'complete')).toBe(true);
    expect([...seen].sort((a, b) => a.scenario.machine.seed - b.scenario.machine.seed)).toEqual(two);
  });

  it('keeps a run that is there, unless it is not complete or other code made it', async () => {
    const [first] = await runAll([scenario(1)], { jobs: 1, outDir });
    const again = async () => (await runAll([scenario(1)], { jobs: 1, outDir }))[0];
    expect(await again()).toEqual({ ...first, state: 'kept' });
    const file = (name: string) => join(String(first.dir), name);
    const host = readFileSync(file('host.json'), 'utf8');
    writeFileSync(file('host.json'), host.replace(codeDigest(), 'other'));
    const second = await again();
    expect(second).toMatchObject({ state: 'complete', dir: `${first.dir}-2` });
    expect(await again()).toEqual({ ...second, state: 'kept' });
    writeFileSync(file('host.json'), host);
    writeFileSync(file('manifest.json'), readFileSync(file('manifest.json'), 'utf8').replace('"complete"', '"interrupted"'));
    expect(await again()).toEqual({ ...second, state: 'kept' });
    expect(keptRun(outDir, scenario(2), codeDigest())).toBeNull();
  });

  it('stops cleanly: what runs ends as interrupted, what waits is not begun', async () => {
    const stop = new AbortController();
    const long = [1, 2, 3].map((seed) => scenario(seed, { duration: LONG }));
    setTimeout(() => stop.abort(), 500);
    const runs = await runAll(long, { jobs: 1, outDir, signal: stop.signal });
    expect(runs.map(({ state }) => state)).toEqual(['interrupted', 'interrupted', 'interrupted']);
    const begun = runs.flatMap(({ dir }) => dir ?? []);
    expect(begun.length).toBeLessThanOrEqual(1);
    for (const dir of begun) expect(await openRun(dir)).toMatchObject({ state: 'interrupted' });
  });

  it('a run that fails says why, and the others go on', async () => {
    const runs = await runAll([scenario(1, { memory: '16 MiB', duration: LONG }), scenario(2)], { jobs: 2, outDir });
    expect(runs[0]).toMatchObject({ state: 'failed', dir: null, reason: expect.stringMatching(/out of memory/) });
    expect(runs[1]).toMatchObject({ state: 'complete', reason: null });
  });
});

describe('codeDigest', () => {
  it('is that of the built code which makes runs, and of no other', () => {
    const packages = join(outDir, 'packages');
    const put = (file: string, text: string) => {
      mkdirSync(join(packages, file, '..'), { recursive: true });
      writeFileSync(join(packages, file), text);
    };
    for (const name of ['machine', 'record', 'report', 'base', 'other']) {
      const dependencies = name === 'machine' ? { '@damonlab/base': '0.1.0', comlink: '4.4.2' } : {};
      put(`${name}/package.json`, JSON.stringify({ dependencies }));
      put(`${name}/dist/index.js`, name);
    }
    const before = codeDigest(packages);
    put('other/dist/index.js', 'changed');
    put('base/dist/index.d.ts', 'changed');
    expect(codeDigest(packages)).toBe(before);
    put('base/dist/deep/file.js', 'changed');
    expect(codeDigest(packages)).not.toBe(before);
  });
});
