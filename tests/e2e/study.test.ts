import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupLives, start } from './cli.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-study-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const study = async (...args: string[]) => spawnCli(['study', ...args], { cwd: dir });

describe('study', () => {
  it('--list: what there is and what it asks', async () => {
    const { status, stdout, stderr } = await study('--list');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^attribution +How far .*\?$/m);
    expect(stdout).toMatch(/^sharing +By which .*\?$/m);
  });

  it.each([
    [[], /no study is named[\s\S]*attribution/],
    [['sharng'], /sharng: no such study[\s\S]*attribution/],
    [['attribution', '--seeds', '2'], /--seeds 2: wrong number\n {2}expected: a whole number from 3/],
    [['attribution', '--jobs', '0'], /--jobs 0: wrong number/],
    [['attribution', '--format', 'xml'], /text, json, csv, md/],
  ])('%j: says what was expected', async (args, message) => {
    const { status, stdout, stderr } = await study(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('Ctrl-C: keeps what is done, which is not done again, and leaves nobody behind', async () => {
    const begin = () => start(['study', 'attribution', '--quick', '--jobs', '2', '--out', 'kept'], dir);
    const first = begin();
    const done = () => (existsSync(join(dir, 'kept/runs')) ? readdirSync(join(dir, 'kept/runs')).length : 0);
    // A directory is made when its run begins: at most two of them are not done.
    while (done() < 6) await new Promise((wait) => setTimeout(wait, 20));
    first.child.kill('SIGINT');
    const { status, stdout, stderr } = await first.ended;
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    const [, kept] = /stopped: (\d+) of 111 runs are kept; the same command goes on: kept\/runs/.exec(stderr) ?? [];
    expect(Number(kept)).toBeGreaterThanOrEqual(4);
    const second = begin();
    while (done() < 9) await new Promise((wait) => setTimeout(wait, 20));
    second.child.kill('SIGINT');
    const again = await second.ended;
    expect(again.stderr).toContain(`, ${kept} of them were there already; the same command goes on`);
    expect([groupLives(first.child), groupLives(second.child)]).toEqual([false, false]);
  });

  it('a run of a study is a run like any other', async () => {
    const isComplete = (run: string) => readFileSync(join(dir, 'kept/runs', run, 'manifest.json'), 'utf8').includes('"state": "complete"');
    const name = String(readdirSync(join(dir, 'kept/runs')).find(isComplete));
    const { status, stdout } = await spawnCli(['report', 'attribution', join(dir, 'kept/runs', name)], { cwd: dir });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^total +thread 0 /m);
  });
});
