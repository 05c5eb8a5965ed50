import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError, UserError } from '@damonlab/base';
import type { Machine } from '@damonlab/machine';
import { hashRows, openRun } from '@damonlab/record';
import { parseScenario, type ResolvedScenario } from '@damonlab/scenario';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunProgress, runScenario } from './run-scenario.js';
import { simulate } from './simulate.js';

const scenario = (seconds: number, memory = '64 MiB'): ResolvedScenario =>
  parseScenario(
    `
topology: { nodes: [{ cpus: 2, memory: ${memory} }] }
processes:
  - workload: { pattern: pointer_chase, size: 8 MiB, duration: ${seconds} s, access: 100 ns }
    threads: 2
monitor:
  intervals: { sample_us: 1000, aggr_us: 10000, ops_update_us: 100000 }
`,
    'small.yaml',
  );
const LONG = 100_000;

describe('runScenario', () => {
  let outDir: string;
  beforeEach(() => {
    outDir = mkdtempSync(join(tmpdir(), 'damonlab-lab-'));
  });
  afterEach(() => {
    rmSync(outDir, { recursive: true, force: true });
  });

  const only = () => join(outDir, readdirSync(outDir)[0]);
  const manifest = () => JSON.parse(readFileSync(join(only(), 'manifest.json'), 'utf8'));

  it('in memory and in a directory: the same summary, the same run', async () => {
    const inMemory = await runScenario(scenario(0.1), { executor: 'inline', outDir: null });
    const onDisk = await runScenario(scenario(0.1), { executor: 'lanes:2', outDir, check: true });
    expect(inMemory.dir).toBeNull();
    expect(onDisk.dir).toBe(only());
    // Only a run with a manifest can tell what it was made of.
    const { kernel, seed, scenario_hash, ...figures } = onDisk.summary as Record<string, unknown>;
    expect([kernel, seed]).toEqual(['7.3', 1]);
    expect(scenario_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(inMemory.summary).toMatchObject(figures);
    const run = await simulate(scenario(0.1));
    const read = await openRun(only());
    expect([read.snapshots, read.truth, read.phases, read.cpuCounters, read.counters]).toEqual([
      run.snapshots,
      run.truth,
      run.phases,
      run.cpuCounters,
      run.counters,
    ]);
    expect(run.snapshots.length).toBeGreaterThan(5);
    expect(hashRows(read)).toBe(hashRows(run));
    expect(hashRows({ ...run, truth: run.truth.slice(1) })).not.toBe(hashRows(run));
  });

  it('names the directory after the scenario and what is in it; facts of the host stay in one file', async () => {
    await runScenario(scenario(0.05), { executor: 'lanes:2', outDir });
    expect(only()).toMatch(/\/small-[0-9a-f]{8}$/);
    const host = JSON.parse(readFileSync(join(only(), 'host.json'), 'utf8'));
    expect(host).toMatchObject({ executor: 'lanes:2', node: process.version });
    expect(host.real_time_factor).toBeGreaterThan(0);
    expect(manifest()).toMatchObject({ name: 'small', state: 'complete', kernel: '7.3', intervals: { sample_us: 1000, aggr_us: 10_000 } });
  });

  it('tells how far it is', async () => {
    const seen: RunProgress[] = [];
    const stop = new AbortController();
    const onProgress = (progress: RunProgress) => {
      seen.push(progress);
      if (seen.length === 3) stop.abort();
    };
    await runScenario(scenario(LONG), { executor: 'inline', outDir: null, signal: stop.signal, onProgress });
    expect(seen.map(({ virtualNs }) => virtualNs)).toEqual([...seen.map(({ virtualNs }) => virtualNs)].sort((a, b) => a - b));
    for (const { durationNs, speedup, etaSeconds, nrRegions } of seen) {
      expect(durationNs).toBe(LONG * 1e9);
      expect(Math.min(speedup, etaSeconds, nrRegions)).toBeGreaterThan(0);
    }
  });

  it('interrupted: what there is is readable and says so', async () => {
    const stop = new AbortController();
    const result = await runScenario(scenario(LONG), { executor: 'threads', outDir, signal: stop.signal, onProgress: () => stop.abort() });
    expect(result.state).toBe('interrupted');
    expect(manifest()).toMatchObject({ state: 'interrupted', reason: 'stopped by the user' });
    expect((await openRun(only())).state).toBe('interrupted');
  });

  it('failed: says why, and where what there is lies', async () => {
    const run = runScenario(scenario(LONG, '8 MiB'), { executor: 'inline', outDir });
    await expect(run).rejects.toThrow(RunError);
    await expect(run).rejects.toThrow(/out of memory[\s\S]*recorded so far: /);
    expect(manifest()).toMatchObject({ state: 'failed', reason: expect.stringMatching(/out of memory/) });
    expect((await openRun(only())).state).toBe('failed');
  });

  it('a worker that dies: the run has failed, nobody is left behind', async () => {
    let machine: Machine | undefined;
    const run = runScenario(scenario(LONG), {
      executor: 'threads',
      outDir,
      onMachine: (m) => {
        machine = m;
      },
      onProgress: () => void machine?.workers[0].terminate(),
    });
    await expect(run).rejects.toThrow(/CPU worker 0 died/);
    expect(machine?.workers.map((worker) => worker.threadId)).toEqual([-1, -1]);
    expect(manifest().state).toBe('failed');
  });

  it('a directory that cannot be: a UserError', async () => {
    const file = join(outDir, 'file');
    writeFileSync(file, '');
    await expect(runScenario(scenario(1), { executor: 'inline', outDir: join(file, 'runs') })).rejects.toThrow(UserError);
  });
});
