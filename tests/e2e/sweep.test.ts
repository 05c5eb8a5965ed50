import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, start } from './cli.js';
import { csvOf, damonlab, embeddedDone, writeSweep } from './sweeps.js';

/** Many processes start here, one after the other: on a busy machine that takes its time. */
const PATIENCE = { timeout: 300_000 };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-sweep-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const sweep = (...args: string[]) => damonlab(dir, ['sweep', ...args]);
/** Long enough to be killed in the middle of. */
const LONG = { axes: {}, seeds: 60 };

describe('a sweep on this machine', PATIENCE, () => {
  it('makes each point once, whatever the jobs; repeated it makes nothing, wider only what is new', async () => {
    const file = writeSweep(dir);
    const first = await sweep(file, '--jobs', '1', '--verify', '2');
    expect(first.status, first.stderr).toBe(0);
    expect(first.stdout).toMatch(
      /^small complete: 12 of 12 points done, 2 run again: the same bits\n\n# mean over n seeds ± half the 95 %/,
    );
    expect(first.stdout).toMatch(/^max +thp +n +recall +wss\n20 +never +3 +[\d.]+ ± [\d.e-]+ /m);
    const csv = await csvOf(dir, 'small');
    expect(csv.split('\n')).toHaveLength(14);
    expect(csv).toMatch(/^point,max,thp,seed,state,recall,wss,error\n0,20,never,1,done,[\d.]+,[\d.]+,\n/);

    const again = json((await sweep(file, '--json', '--quiet')).stdout);
    expect(again).toMatchObject({ state: 'complete', total: 12, done: 12, reused: 12, failed: 0 });
    expect(await csvOf(dir, 'small')).toBe(csv);

    const wider = writeSweep(dir, { name: 'wider', seeds: { from: 2, count: 3 } });
    expect(json((await sweep(wider, '--json', '--quiet')).stdout)).toMatchObject({ total: 12, done: 12, reused: 8 });

    rmSync(join(dir, 'sweeps'), { recursive: true });
    expect(json((await sweep(file, '--jobs', '2', '--json', '--quiet')).stdout)).toMatchObject({ done: 12, reused: 0 });
    expect(await csvOf(dir, 'small')).toBe(csv);
  });

  it('results as JSON, Parquet and picture say the same; a kept run is one like any other', async () => {
    expect(await sweep(writeSweep(dir, { runs: 'keep', seeds: 2 }), '--quiet')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const { rows } = json((await sweep('results', 'small', '--format', 'json')).stdout) as { rows: Record<string, number>[] };
    expect(rows.map(({ max, thp, n }) => [max, thp, n])).toEqual([
      [20, 'never', 2],
      [20, 'always', 2],
      [100, 'never', 2],
      [100, 'always', 2],
    ]);
    expect(await sweep('results', 'small', '--format', 'parquet')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/--output FILE/),
    });
    expect(await sweep('results', 'small', '--format', 'parquet', '--points', '--output', 'points.parquet')).toMatchObject({ status: 0 });
    const points = await parquetReadObjects({ file: await asyncBufferFromFile(join(dir, 'points.parquet')) });
    expect(points).toHaveLength(8);
    expect((points[0].recall + points[1].recall) / 2).toBeCloseTo(rows[0].recall, 12);
    expect(points[0]).toMatchObject({ point: 0, max: 20, thp: 'never', seed: 1, state: 'done', error: null });

    const picture = await damonlab(dir, ['report', 'sweep', 'small', '--x', 'max', '--y', 'recall', '--y', 'wss', '--group', 'thp']);
    expect(picture.status, picture.stderr).toBe(0);
    expect(picture.stdout.match(/<circle/g)).toHaveLength(8);

    const runs = readdirSync(join(dir, 'sweeps/runs'));
    expect(runs).toHaveLength(8);
    const report = await damonlab(dir, ['report', 'wss', join('sweeps/runs', runs[0])]);
    expect(report.status, report.stderr).toBe(0);
  });

  it('stops adding seeds where a figure is known well enough', async () => {
    const file = writeSweep(dir, { seeds: undefined, stop: { figure: 'recall', half_width: 100, min: 3, max: 30 } });
    const tight = writeSweep(dir, {
      name: 'tight',
      axes: {},
      seeds: undefined,
      stop: { figure: 'recall', half_width: 1e-9, min: 3, max: 7 },
    });
    expect(json((await sweep(file, '--json', '--quiet')).stdout)).toMatchObject({ total: 12, done: 12 });
    expect(json((await sweep(tight, '--json', '--quiet')).stdout)).toMatchObject({ total: 7, done: 7, rows: [{ n: 7 }] });
  });
});

describe('a sweep that is disturbed', PATIENCE, () => {
  it('killed: what was done stays, and --resume does the rest', async () => {
    const file = writeSweep(dir, LONG, 60);
    const running = start(['sweep', file, '--quiet', '--jobs', '2'], dir);
    await embeddedDone(dir, 'small', 10);
    running.child.kill('SIGKILL');
    await running.ended;
    expect((await sweep('status', 'small')).stdout).toMatch(/^small +running +60 +\d\d /m);
    const { status, stdout, stderr } = await sweep(file, '--resume', '--json', '--quiet');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(json(stdout)).toMatchObject({ state: 'complete', done: 60, failed: 0 });
    const csv = await csvOf(dir, 'small');
    rmSync(join(dir, 'sweeps'), { recursive: true });
    await sweep(file, '--quiet');
    expect(await csvOf(dir, 'small')).toBe(csv);
  });

  it('one coordinator at a time; cancelled from another shell; Ctrl-C keeps what is done', async () => {
    const file = writeSweep(dir, LONG, 2000);
    const running = start(['sweep', file, '--quiet', '--jobs', '1'], dir);
    await embeddedDone(dir, 'small', 1);
    expect(await sweep(file)).toMatchObject({ status: 2, stderr: expect.stringMatching(/small: another process coordinates this sweep/) });
    expect(await sweep('cancel', 'small')).toMatchObject({ status: 0, stdout: expect.stringMatching(/small cancelled: \d+ points done/) });
    expect(await running.ended).toMatchObject({ status: 1 });
    expect((await sweep('status')).stdout).toMatch(/^small +cancelled /m);

    const { sweeps } = json((await sweep('status', '--json')).stdout) as { sweeps: { done: number }[] };
    const before = sweeps[0].done;
    const resumed = start(['sweep', file, '--resume', '--json', '--jobs', '1'], dir);
    await embeddedDone(dir, 'small', before + 2);
    resumed.child.kill('SIGINT');
    const { status, stdout } = await resumed.ended;
    expect(status).toBe(130);
    expect(json(stdout)).toMatchObject({ state: 'interrupted' });
    expect(Number(json(stdout).done)).toBeGreaterThan(before);
    expect((await sweep('status')).stdout).toMatch(/^small +interrupted /m);
  });

  it('a point that cannot be done is tried three times, parked with its error, and can be tried again', async () => {
    const file = writeSweep(dir, {
      axes: { memory: { cases: { enough: {}, tight: { topology: { nodes: [{ cpus: 1, memory: '1 MiB' }] } } } } },
      seeds: 2,
    });
    const { status, stdout, stderr } = await sweep(file);
    expect({ status, stderr }).toMatchObject({ status: 1 });
    expect(stdout).toMatch(/^small complete: 2 of 4 points done, 2 failed\n/);
    const shown = await sweep('status', 'small');
    expect(shown.stdout).toMatch(/^small +complete +4 +2 +2 /m);
    expect(shown.stdout).toMatch(/^point 2, 3 tries: out of memory/m);
    expect((await csvOf(dir, 'small')).split('\n')[3]).toMatch(/^2,tight,1,failed,,,"?out of memory/);
    const retried = await sweep('retry', 'small', '--json');
    expect(retried.stderr).toMatch(/2 failed points to try again/);
    expect(json(retried.stdout)).toMatchObject({ done: 2, failed: 2, total: 4 });
  });

  it('a damaged result is noticed and made again', async () => {
    const file = writeSweep(dir);
    await sweep(file, '--quiet');
    const csv = await csvOf(dir, 'small');
    const results = join(dir, 'sweeps/results');
    const [folder] = readdirSync(results);
    const [name] = readdirSync(join(results, folder));
    const victim = join(results, folder, name);
    writeFileSync(
      victim,
      readFileSync(victim, 'utf8')
        .replace(/"n_snap":\d/, '"n_snap":9')
        .replace('rec_1":0.', 'rec_1":0.9'),
    );
    const { status, stdout, stderr } = await sweep(file, '--json', '--quiet');
    expect(status).toBe(0);
    expect(json(stdout)).toMatchObject({ done: 12, reused: 11 });
    expect(stderr).toMatch(/^damonlab: \d damaged entr(y|ies) in .*store\.log: not used/m);
    expect(await csvOf(dir, 'small')).toBe(csv);
  });

  it('a full disk: one message, and what was done stays', async (context) => {
    const disk = join(dir, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=96k', 'tmpfs', disk]).status === 0;
    context.skip(!mounted, 'needs the right to mount a tmpfs');
    try {
      const file = writeSweep(dir, LONG);
      const full = await sweep(file, '--quiet', '--out', 'disk');
      expect(full).toMatchObject({ status: 1, stdout: '' });
      expect(full.stderr).toMatch(/^damonlab: no space left on the disk while writing [^\n]+\n$/);
      spawnSync('mount', ['-o', 'remount,size=4m', disk]);
      const { status, stdout } = await sweep(file, '--resume', '--json', '--quiet', '--out', 'disk');
      expect(status).toBe(0);
      expect(json(stdout)).toMatchObject({ done: 60, failed: 0 });
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

describe('bad input to sweeps', PATIENCE, () => {
  it('is told in one message, and nothing is begun', async () => {
    const file = writeSweep(dir);
    const refused = async (args: string[], message: RegExp) => {
      const { status, stdout, stderr } = await sweep(...args);
      expect({ args, status, stdout }).toEqual({ args, status: 2, stdout: '' });
      expect(stderr).toMatch(message);
    };
    await refused([], /damonlab: which sweep\?/);
    await refused([file, '--jobs', '0'], /--jobs 0: nobody would do the points/);
    await refused([file, '--resume'], /small: there is no such sweep to resume/);
    await refused(['results', 'other'], /no such sweep[\s\S]*there is none yet/);
    writeSweep(dir, { figures: { recall: 'targets.0.touched.rec_l' } });
    await refused([file], /small: figures\.recall: the runs have no such figure[\s\S]*did you mean `summary\.targets\.0\.touched\.rec_1`/);
    writeSweep(dir, { seeds: 9 });
    await refused([file, '--resume'], /small: the sweep file has changed since it was begun/);
    expect(existsSync(join(dir, 'runs'))).toBe(false);
  });

  it('a schema for editors', async () => {
    const { status, stdout } = await sweep('--schema');
    expect(status).toBe(0);
    expect(Object.keys(json(stdout).properties as object)).toContain('axes');
  });
});
