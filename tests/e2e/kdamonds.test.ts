import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, ROOT } from './cli.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-kdamonds-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Printed by the unmodified damo. */
const printed = (name: string) => join(ROOT, 'packages/scenario/src/testing/kdamonds', name);

const SHORT = ['--duration', '700ms', '--quiet', '--check'];

/** Run a scenario with the kdamonds of a file or preset, as a user would, and return the report as data. */
async function report(kind: string, scenario: string, kdamonds: string, flags: readonly string[] = []) {
  const run = await spawnCli(['run', scenario, '--kdamonds', kdamonds, ...SHORT, ...flags], { cwd: dir });
  expect({ status: run.status, stdout: run.stdout }, run.stderr).toEqual({ status: 0, stdout: '' });
  const { status, stdout, stderr } = await spawnCli(['report', kind, '--format', 'json'], { cwd: dir });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return { data: json(stdout) as Record<string, unknown>, stderr: run.stderr };
}

describe('what damo prints runs as it is', () => {
  it('monitoring and a scheme of one process', async () => {
    const { data } = await report('summary', 'two-kdamonds', printed('vaddr-stat.json'));
    expect(data).toMatchObject({ targets: [{ target_id: 0 }] });
    expect(data.other_kdamonds).toBeUndefined();
  });

  it('tiering by two kdamonds, with the physical layout of another machine: its holes are told', async () => {
    const { data, stderr } = await report('summary', 'two-tiers', printed('mem-tier.json'));
    expect(data).toMatchObject({ other_kdamonds: [{ kdamond: 1 }] });
    expect(stderr).toMatch(/warning: .*monitor\[0\]\.targets\[0\]\.regions\[2\]\.end: the memory of topology dram-and-much-cxl ends at/);
  });

  it('weighted interleaving of a process', async () => {
    const { data } = await report('schemes', 'weighted-interleave', printed('weighted-interleave.json'), [
      '--set',
      'monitor.schemes.0.apply_interval_us=100ms',
      '--set',
      'monitor.intervals.intervals_goal.aggrs=0',
    ]);
    expect(data.schemes).toMatchObject([{ action: 'migrate_hot', stats: { nr_applied: expect.any(Number) } }]);
  });
});

describe('presets run', () => {
  it.each([
    ['mem_tier', 2],
    ['mtier', 2],
    ['weighted_interleave', 1],
    ['hmsdk', 2],
    ['damon_reclaim', 1],
    ['damon_lru_sort', 1],
    ['damon_stat', 1],
  ])('%s', async (preset, nrKdamonds) => {
    const { data } = await report('summary', 'two-tiers', preset, ['--set', 'processes.0.memcg=/hmsdk']);
    expect((data.other_kdamonds as unknown[] | undefined)?.length ?? 0).toBe(nrKdamonds - 1);
  });
});

it('a run of several kdamonds is seen through each of them', async () => {
  expect((await spawnCli(['run', 'two-kdamonds', '--quiet', '--duration', '1s'], { cwd: dir })).status).toBe(0);
  const access = async (...flags: string[]) => spawnCli(['report', 'access', '--format', 'json', ...flags], { cwd: dir });
  const [first, second] = [await access(), await access('--kdamond', '1')].map(({ stdout }) => json(stdout) as { target_id: number });
  expect([first.target_id, second.target_id]).toEqual([0, 1]);
  const third = await access('--kdamond', '2');
  expect([third.status, third.stderr]).toEqual([2, expect.stringMatching(/no such kdamond[\s\S]*0 to 1/)]);
});
