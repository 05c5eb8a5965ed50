import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, onlyRun, ROOT } from './cli.js';

/** A checkout of damo: the directory that holds the program `damo`. */
const { DAMO } = process.env;
const PERCENTILE = /^\s*(\d+)\s+([\d.]+) (B|KiB|MiB|GiB)/gm;

describe.skipIf(DAMO === undefined || DAMO === '')('the unmodified damo (needs DAMO, the directory of a checkout)', () => {
  let dir: string;
  let record: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'damonlab-damo-'));
    const args = ['run', join(ROOT, 'scenarios/stairs-demo.cfg'), '--out', join(dir, 'runs'), '--quiet'];
    expect((await spawnCli(args)).status).toBe(0);
    record = join(onlyRun(join(dir, 'runs')), 'damon.data');
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  function damo(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync('python3', [join(String(DAMO), 'damo'), ...args], { cwd: dir, encoding: 'utf8' });
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
    return stdout;
  }

  it('validates the record', () => {
    damo('validate', '--input', record);
  });

  it('reports the snapshots that we report', async () => {
    const ours = json((await spawnCli(['report', 'access', record, '--format', 'json'])).stdout) as { regions: { start: number }[] };
    const text = damo('report', 'access', '--input', record, '--style', 'detailed', '--raw_number');
    for (const { start } of ours.regions) expect(text).toContain(String(start));
  });

  it('draws the stairs', () => {
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
    const text = damo('report', 'heatmap', '--input', record, '--resol', '20', '80').replace(escapes, '');
    console.log(text);
    const rows = text.split('\n').filter((line) => /^[0-9]{80}$/.test(line));
    expect(rows).toHaveLength(20);
    // After the warm-up, the middle of what is hottest moves down by about 10 columns a step.
    const middles = rows.slice(6).map((row) => {
      const most = [...row].reduce((a, b) => (a > b ? a : b));
      return (row.indexOf(most) + row.lastIndexOf(most)) / 2;
    });
    for (let i = 2; i < middles.length; i++) expect(middles[i]).toBeLessThan(middles[i - 2]);
    expect(middles[0] - middles[middles.length - 1]).toBeGreaterThan(45);
  });

  it('finds the working set that we find, with its own 20 first snapshots left out', async () => {
    const args = ['report', 'wss', record, '--exclude_samples', '20'];
    const [damos, ours] = [damo('report', 'wss', '--input', record), (await spawnCli(args)).stdout].map((text) =>
      [...text.matchAll(PERCENTILE)].map(([, percentile, value, unit]) => `${percentile} ${value} ${unit}`),
    );
    expect(damos).toHaveLength(5);
    // damo takes the nearest rank where we interpolate: the ends are the same.
    expect([ours[0], ours[4]]).toEqual([damos[0], damos[4]]);
  });
});
