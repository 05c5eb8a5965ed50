import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, json, onlyRun, writeStairs } from './cli.js';

const ESCAPE = '\u001b';
const KINDS = ['summary', 'heatmap', 'access', 'wss', 'nr_regions', 'accuracy'];

let dir: string;
let run: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-report-'));
  await spawnCli(['run', writeStairs(dir), '--quiet'], { cwd: dir });
  run = onlyRun(join(dir, 'runs'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const report = async (...args: string[]) => spawnCli(['report', ...args], { cwd: dir });

it.each(KINDS)('damonlab report %s, in each format, and its text fits into 80 columns', async (kind) => {
  const [text, asJson, csv] = await Promise.all(['text', 'json', 'csv'].map((format) => report(kind, run, '--format', format)));
  for (const { status, stdout, stderr } of [text, asJson, csv]) {
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toMatch(/NaN|undefined/);
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout.endsWith('\n')).toBe(true);
  }
  json(asJson.stdout);
  expect(csv.stdout.split('\n').length).toBeGreaterThan(3);
  for (const line of text.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
});

describe('damonlab report', () => {
  it('draws the heatmap as SVG, and nothing else', async () => {
    expect((await report('heatmap', run, '--format', 'svg')).stdout).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    for (const kind of KINDS.filter((other) => other !== 'heatmap')) {
      expect(await report(kind, run, '--format', 'svg')).toMatchObject({ status: 2, stdout: '' });
    }
  });

  it('takes the newest run in runs/ if it is told none', async () => {
    expect((await report('nr_regions')).stdout).toBe((await report('nr_regions', run)).stdout);
  });

  it('reads damon.data as it reads the run, but for what a damo record does not hold', async () => {
    const own = await report('heatmap', run, '--format', 'json');
    const damo = await report('heatmap', join(run, 'damon.data'), '--format', 'json');
    expect(json(damo.stdout).maps).toEqual(json(own.stdout).maps);
    const accuracy = json((await report('accuracy', join(run, 'damon.data'), '--format', 'json')).stdout);
    expect(accuracy).toMatchObject({ touched: null, convergence: [] });
  });

  it('comes close to the truth on a workload that DAMON can see', async () => {
    const { touched, hot_phases_all_windows: hot } = json((await report('accuracy', run, '--format', 'json')).stdout);
    for (const figures of [touched, hot] as { prec_1: number; rec_1: number }[]) {
      expect(figures.prec_1).toBeGreaterThan(0.6);
      expect(figures.rec_1).toBeGreaterThan(0.9);
    }
  });

  it('stops quietly when its reader has seen enough', () => {
    const script = 'set -o pipefail; "$0" "$1" report heatmap "$2" --format csv --resol 400 400 | head -n 1; echo $?';
    const { stdout, stderr } = spawnSync('bash', ['-c', script, process.execPath, BIN, run], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'time_ns,addr,heat_hz\n0\n', stderr: '' });
  });
});
