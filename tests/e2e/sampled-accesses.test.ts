import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, onlyRun } from './cli.js';

let dir: string;
let run: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-sampled-'));
  const args = ['--sample_primitives', 'sampled_accesses', '--set', 'duration=1 s', '--quiet', '--check'];
  const { status, stderr } = await spawnCli(['run', 'who-touches-it', ...args], { cwd: dir });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  run = onlyRun(join(dir, 'runs'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Share = { readonly key: number | string; readonly estimated: number | null; readonly true: number };
type Attribution = { readonly regions: readonly { readonly name: string; readonly shares: readonly Share[] }[] };

describe('sampled accesses', () => {
  // One access in 10,000 of everybody is counted, not the first touch of a page: shares hold but for a percent or two.
  it.each([
    ['thread', 4],
    ['cpu', 3],
    ['node', 2],
    ['rw', 2],
  ])('by %s: shares of the data as they truly were', async (by, nr) => {
    const { stdout } = await spawnCli(['report', 'attribution', run, '--by', by, '--format', 'json'], { cwd: dir });
    const data = (json(stdout) as Attribution).regions.find((region) => region.name === 'data');
    expect(data?.shares).toHaveLength(nr);
    for (const share of data?.shares ?? []) expect(Math.abs(Number(share.estimated) - share.true), `${by} ${share.key}`).toBeLessThan(0.02);
  });

  it('report faults: what became of every sample; nothing was armed', async () => {
    const { status, stdout } = await spawnCli(['report', 'faults', run], { cwd: dir });
    expect(status).toBe(0);
    for (const word of ['sampled', 'sampled_latency_ns', 'queued', 'ring_full', 'samples_drained']) {
      expect(stdout).toMatch(new RegExp(`^${word} +[\\d,]+ `, 'm'));
    }
    expect(stdout).not.toMatch(/^armed /m);
  });

  it('a machine that cannot is an error at its key, and leaves nothing behind', async () => {
    const scenario = `processes:
  - workload: { pattern: zipf, size: 8 MiB, duration: 1 s }
monitor: { sample_control: { primitive: sampled_accesses, available: off } }
`;
    writeFileSync(join(dir, 'vm.yaml'), scenario);
    const { status, stdout, stderr } = await spawnCli(['run', 'vm.yaml', '--out', 'refused'], { cwd: dir });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^damonlab: vm\.yaml:3:\d+: monitor\.sample_control: primitive: EOPNOTSUPP: .*\n.*without a PMU\n/);
    expect(existsSync(join(dir, 'refused'))).toBe(false);
  });
});
