import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashRun } from '@damonlab/record';
import { spawnCli, withTempDir } from '@damonlab/testkit';
import { describe, expect, it } from 'vitest';
import { json, onlyRun, writeStairs } from './cli.js';

const FILES = [
  'access_truth.parquet',
  'counters.json',
  'counters.parquet',
  'damon.data',
  'faults.parquet',
  'host.json',
  'manifest.json',
  'phases.json',
  'regions.parquet',
  'summary.json',
  'truth.parquet',
];

describe('damonlab run', () => {
  it('leaves every file of a run, and says what came out and where it is', async () => {
    await withTempDir(async (dir) => {
      const { status, stdout, stderr } = await spawnCli(['run', writeStairs(dir)], { cwd: dir });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const run = onlyRun(join(dir, 'runs'));
      expect(readdirSync(run).sort()).toEqual(FILES);
      expect(JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8'))).toMatchObject({ name: 'stairs', state: 'complete', seed: 1 });
      for (const part of [
        'stairs, complete',
        'nr_regions',
        'wss',
        'precision',
        '# access_frequency',
        'damonlab report heatmap runs/stairs-',
      ])
        expect(stdout).toContain(part);
    });
  });

  it('--json prints one JSON object and nothing else, --quiet nothing', async () => {
    await withTempDir(async (dir) => {
      const file = writeStairs(dir);
      const { status, stdout } = await spawnCli(['run', file, '--json'], { cwd: dir });
      expect(status).toBe(0);
      const { state, summary, dir: where } = json(stdout);
      expect(state).toBe('complete');
      expect(summary).toEqual(JSON.parse(readFileSync(join(dir, String(where), 'summary.json'), 'utf8')));
      expect(await spawnCli(['run', file, '--quiet'], { cwd: dir })).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
      // A second run of the same name does not overwrite the first.
      expect(readdirSync(join(dir, 'runs')).sort()[1]).toMatch(/-2$/);
    });
  });

  it('takes the words of damo and masim', async () => {
    await withTempDir(async (dir) => {
      const flags = ['--monitoring_intervals', '10ms', '200ms', '1s', '--monitoring_nr_regions_range', '5', '50', '--repeat', '2'];
      const { stdout } = await spawnCli(['run', ...flags, writeStairs(dir), '--tlb', 'off', '--json'], { cwd: dir });
      const manifest = JSON.parse(readFileSync(join(dir, String(json(stdout).dir), 'manifest.json'), 'utf8'));
      expect(manifest.intervals).toEqual({ sample_us: 10_000, aggr_us: 200_000, ops_update_us: 1_000_000 });
      const { summary } = json(stdout) as { summary: { duration_s: number; cpu: { tlb_misses: number } } };
      expect(summary.duration_s).toBeGreaterThan(5);
      expect(summary.cpu.tlb_misses).toBe(0);
    });
  });

  it('shows the stairs: the hot addresses of each phase lie below those of the phase before', async () => {
    await withTempDir(async (dir) => {
      await spawnCli(['run', writeStairs(dir), '--quiet'], { cwd: dir });
      const run = onlyRun(join(dir, 'runs'));
      const time = ['--time_range', '0.5s', '2.5s'];
      const { stdout } = await spawnCli(['report', 'heatmap', run, '--format', 'json', '--resol', '4', '4', ...time], { cwd: dir });
      const [{ heat }] = (JSON.parse(stdout) as { maps: { heat: number[][] }[] }).maps;
      // Regions are mapped from the top downwards, so the first step is the last column.
      heat.forEach((row, phase) => {
        const hottest = row.indexOf(Math.max(...row));
        expect({ phase, column: hottest }).toEqual({ phase, column: 3 - phase });
        const others = row.filter((_, column) => column !== hottest);
        expect(row[hottest]).toBeGreaterThan(3 * Math.max(...others));
      });
    });
  });
});

describe('the same run', () => {
  it('has the same files by every executor, and when it is repeated from its manifest', async () => {
    await withTempDir(async (dir) => {
      const file = writeStairs(dir);
      const hashOf = async (what: string, out: string, ...flags: string[]) => {
        expect((await spawnCli(['run', what, '--out', out, '--quiet', ...flags], { cwd: dir })).status).toBe(0);
        return hashRun(onlyRun(join(dir, out)));
      };
      const first = await hashOf(file, 'inline', '--executor', 'inline');
      for (const executor of ['threads', 'lanes:1', 'lanes:3']) {
        expect(await hashOf(file, executor.replace(':', '-'), '--executor', executor)).toBe(first);
      }
      const run = onlyRun(join(dir, 'inline'));
      expect(await hashOf(join(run, 'manifest.json'), 'replay')).toBe(first);
      expect(await hashOf(run, 'replay-of-directory', '--executor', 'inline')).toBe(first);
      expect(await hashOf(file, 'other-seed', '--seed', '2')).not.toBe(first);
    });
  });
});
