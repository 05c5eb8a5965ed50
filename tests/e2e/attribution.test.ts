import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, onlyRun, ROOT } from './cli.js';

let dir: string;
let run: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-who-'));
  const { status, stderr } = await spawnCli(['run', join(ROOT, 'scenarios/who-touches-it.yaml'), '--quiet', '--check'], { cwd: dir });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  run = onlyRun(join(dir, 'runs'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const report = async (...args: string[]) => spawnCli(['report', ...args], { cwd: dir });

type Share = { readonly key: number | string; readonly estimated: number | null; readonly true: number };
type Region = { readonly name: string; readonly reports: number; readonly shares: readonly Share[] };
type Attribution = { readonly reports: number; readonly outside_reports: number; readonly regions: readonly Region[] };

const attribution = async (by: string) => json((await report('attribution', run, '--by', by, '--format', 'json')).stdout) as Attribution;

describe('who touches it', () => {
  it.each([
    ['thread', 4],
    ['cpu', 3],
    ['node', 2],
    ['rw', 2],
  ])('by %s: shares of the data as they truly were, but for a percent or two', async (by, nr) => {
    const { regions } = await attribution(by);
    const data = regions.find((region) => region.name === 'data');
    expect(data?.shares).toHaveLength(nr);
    for (const share of data?.shares ?? []) expect(Math.abs(Number(share.estimated) - share.true), `${by} ${share.key}`).toBeLessThan(0.02);
    expect(data?.shares.reduce((sum, share) => sum + Number(share.estimated), 0)).toBeCloseTo(1, 6);
  });

  it('by thread: those that take turns on a CPU have half of what the others have', async () => {
    const { regions } = await attribution('thread');
    const [zero, one, two, three] = regions.find((region) => region.name === 'data')?.shares.map((share) => Number(share.estimated)) ?? [];
    expect(two + three).toBeCloseTo(one, 1);
    expect(zero).toBeGreaterThan(1.6 * two);
  });

  it('every report is in some region', async () => {
    const { reports, outside_reports, regions } = await attribution('cpu');
    expect(reports).toBeGreaterThan(10_000);
    const placed = regions.reduce((sum, region) => sum + region.reports, 0);
    expect(placed + outside_reports).toBeCloseTo(reports, 3);
  });

  it('as text and CSV', async () => {
    const text = await report('attribution', run, '--by', 'node');
    expect(text).toMatchObject({ status: 0, stderr: '' });
    expect(text.stdout).toMatch(/^data .*node 0 [\s\S]*node 1 /m);
    const csv = await report('attribution', run, '--by', 'rw', '--format', 'csv');
    expect(csv.stdout).toMatch(/write/);
    expect(await report('attribution', run, '--by', 'socket')).toMatchObject({ status: 2, stdout: '' });
  });

  it('report faults: what became of every arm and every report', async () => {
    const { status, stdout } = await report('faults', run);
    expect(status).toBe(0);
    for (const word of ['armed', 'delivered', 'lost_faults', 'ring_full', 'stale', 'samples_drained']) {
      expect(stdout).toMatch(new RegExp(`^${word} +[\\d,]+ `, 'm'));
    }
  });
});

describe('filters', () => {
  const scenario = (control: string) => `topology: 2-node
duration: 300 ms
processes:
  - workload: { pattern: zipf, size: 8 MiB, duration: 1 s }
    threads: 2
    cpus: [0, 4]
monitor: { sample_control: ${control} }
`;
  const start = async (control: string, ...args: string[]) => {
    writeFileSync(join(dir, 'filters.yaml'), scenario(control));
    return spawnCli(['run', 'filters.yaml', ...args], { cwd: dir });
  };

  it('leave only the CPU that they name', async () => {
    const out = join(dir, 'filtered');
    const control = '{ primitive: page_fault, sample_filters: [{ filter_type: cpumask, cpumask: "4" }] }';
    expect(await start(control, '--quiet', '--out', out)).toMatchObject({ status: 0 });
    const { stdout } = await report('attribution', onlyRun(out), '--by', 'cpu', '--format', 'json');
    const { regions } = json(stdout) as Attribution;
    for (const region of regions) for (const share of region.shares) if (share.key !== 4) expect(share.estimated ?? 0).toBe(0);
  });

  it.each([
    [
      'an unknown CPU',
      '{ primitive: page_fault, sample_filters: [{ filter_type: cpumask, cpumask: "2,8" }] }',
      /^damonlab: filters\.yaml:7:\d+: monitor\.sample_control\.sample_filters\[0\]\.cpumask: unknown CPU\n.*CPUs 0-7\n.*8\n/,
    ],
    [
      'an unknown thread',
      '{ primitive: page_fault, sample_filters: [{ filter_type: threads, tid_arr: "0-2" }] }',
      /^damonlab: filters\.yaml:7:\d+: .*tid_arr: unknown thread\n.*threads 0-1\n/,
    ],
    [
      'Accessed bits',
      '{ primitive: page_table, sample_filters: [{ filter_type: write }] }',
      /^damonlab: filters\.yaml:7:\d+: .*nothing to filter\n.*\n.*\n.*page_fault/,
    ],
  ])('of %s are refused at their place', async (_, control, message) => {
    const { status, stdout, stderr } = await start(control, '--out', join(dir, 'refused'));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(existsSync(join(dir, 'refused'))).toBe(false);
  });

  it('a run without reports has no attribution: it says so', async () => {
    const out = join(dir, 'bits');
    expect(await start('{ primitive: page_table }', '--quiet', '--out', out)).toMatchObject({ status: 0 });
    const { status, stderr } = await report('attribution', onlyRun(out));
    expect(status).toBe(2);
    expect(stderr).toMatch(/page_fault/);
  });
});
