import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '@damonlab/base';
import { openRun } from '@damonlab/record';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderStudy } from './faces/index.js';
import { runStudy } from './run-study.js';
import { attributionStudy } from './studies/attribution.js';
import type { Study } from './study.js';

/** The shipped study at its smallest. */
const small: Study = {
  ...attributionStudy,
  axes: attributionStudy.axes.map((axis) => ({
    ...axis,
    levels: axis.levels.filter(({ name, quick }) => quick !== false && name !== 'private').slice(0, 1),
  })),
  quickSet: { duration: '300 ms', 'processes.0.workload.size': '8 MiB', 'monitor.intervals.aggr_us': '20 ms' },
  comparisons: [],
  controls: [],
  conclusions: [],
  plots: [],
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'damonlab-study-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('runStudy', () => {
  it('prints the same whatever the number of jobs, keeps every run, and takes them the next time', async () => {
    const print = async (jobs: number, outDir: string) => {
      const { result, progress } = await runStudy(small, { quick: true, seeds: 3, jobs, outDir });
      return { kept: progress.kept, text: result === null ? '' : renderStudy(result, 'json') };
    };
    const [one, two] = [await print(1, join(dir, 'one')), await print(2, join(dir, 'two'))];
    expect(one).toEqual({ kept: 0, text: two.text });
    expect(JSON.parse(one.text).values[0]).toMatchObject({ figure: 'thread_place', n: 3 });
    expect(await print(2, join(dir, 'one'))).toEqual({ kept: 3, text: one.text });
    const runs = readdirSync(join(dir, 'one/runs'));
    expect(runs).toHaveLength(3);
    expect((await openRun(join(dir, 'one/runs', runs[0]))).attribution.length).toBeGreaterThan(0);
  });

  it('names the runs that failed', async () => {
    const broken: Study = { ...small, set: { topology: '{ nodes: [{ cpus: 8, memory: 8200 KiB }] }' } };
    const run = runStudy(broken, { quick: true, seeds: 3, jobs: 2, outDir: join(dir, 'broken') });
    await expect(run).rejects.toThrow(RunError);
    await expect(run).rejects.toThrow(/3 of 3 runs of study attribution failed:\n {2}seed-1-\S+: .*out of memory/);
  });

  it('stopped: says how many runs there are, and has no result', async () => {
    const { result, progress } = await runStudy(small, { quick: true, jobs: 1, outDir: join(dir, 'stopped'), signal: AbortSignal.abort() });
    expect(result).toBeNull();
    expect(progress).toEqual({ done: 0, total: 5, kept: 0 });
  });
});
