import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// Every test starts processes; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const BIN = fileURLToPath(new URL('../bin/damonlab.js', import.meta.url));
const MASIM = 'a, 1000000\nb, 4096\n\nfirst\n100\na, 0, 4096, 1\nb, 1, 64, 1, ro\n';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-cli-'));
  writeFileSync(join(dir, 'good.cfg'), MASIM);
  writeFileSync(join(dir, 'trap.cfg'), 'a, 1000000\n\nfirst\n100\nb, 0, 4096, 1\n');
  writeFileSync(join(dir, 'bad.yaml'), 'processes:\n  - workload: { masim: good.cfg }\n    thread: 2\n');
  writeFileSync(join(dir, 'not-a-record'), 'hello\n');
  writeFileSync(join(dir, 'damon.data'), JSON.stringify([damoRecord(24)]));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A record as damo writes it: one hot region among two, `windows` snapshots of 100 ms. */
function damoRecord(windows: number): object {
  const region = (start: number, end: number, samples: number) => ({
    start,
    end,
    nr_accesses: { samples, percent: null },
    age: { usec: null, aggr_intervals: 1 },
  });
  const snapshots = Array.from({ length: windows }, (_, i) => ({
    start_time: i * 1e8,
    end_time: (i + 1) * 1e8,
    regions: [region(4096, 8192, 20), region(8192, 40_960, 0)],
  }));
  return { target_id: 0, intervals: { sample_us: 5000, aggr_us: 100_000, ops_update_us: 1e6 }, snapshots };
}

function damonlab(...args: string[]) {
  const env = { ...process.env, NO_COLOR: '1', DAMONLAB_DEBUG: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd: dir, encoding: 'utf8', env });
  return { status, stdout, stderr };
}

describe('the damonlab command', () => {
  it('prints its version', () => {
    expect(damonlab('--version')).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
  });

  it('documents commands and exit status', () => {
    const { status, stdout } = damonlab('--help');
    expect(status).toBe(0);
    for (const part of ['run', 'report', 'validate', 'scenarios', 'doctor', 'Exit status: 0']) expect(stdout).toContain(part);
    const run = damonlab('run', '--help');
    expect(run.status).toBe(0);
    for (const part of ['--monitoring_intervals <SAMPLE AGGR UPDATE>', '--nr_accesses_per_region', '--executor', '--set'])
      expect(run.stdout).toContain(part);
  });

  it('validates a masim config with flags', () => {
    const { status, stdout, stderr } = damonlab(
      'validate',
      '--monitoring_intervals',
      '10ms',
      '200ms',
      '2s',
      'good.cfg',
      '--repeat',
      '2',
      '--tlb',
      'off',
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const part of ['good.cfg is valid', 'TLB       off', 'masim, 2 regions', '10 ms / 200 ms / 2 s']) expect(stdout).toContain(part);
  });

  it('prints the resolved scenario as one JSON object', () => {
    const { status, stdout } = damonlab('validate', 'good.cfg', '--json', '--seed', '9');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'good', machine: { seed: 9 } });
  });

  it('lists the shipped scenarios, and each of them validates by its name', () => {
    const { status, stdout } = damonlab('scenarios', '--json');
    expect(status).toBe(0);
    const { scenarios } = JSON.parse(stdout) as { scenarios: { name: string }[] };
    expect(scenarios.length).toBeGreaterThanOrEqual(8);
    expect(damonlab('validate', scenarios[0].name).status).toBe(0);
    expect(damonlab('scenarios').stdout.split('\n')).toContainEqual(expect.stringMatching(/^two-node +Two processes/));
  });

  it('prints the JSON Schema of scenario files', () => {
    expect(JSON.parse(damonlab('scenarios', '--schema').stdout)).toMatchObject({ type: 'object', additionalProperties: false });
  });

  it('checks this machine', () => {
    const { status, stdout } = damonlab('doctor');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ok {4}Node \d/);
    expect(JSON.parse(damonlab('doctor', '--json').stdout).checks.length).toBeGreaterThan(4);
  });
});

describe('report on a damo record', () => {
  it.each(['summary', 'heatmap', 'access', 'wss', 'nr_regions'])('%s in each format', (kind) => {
    const text = damonlab('report', kind, 'damon.data');
    expect({ status: text.status, stderr: text.stderr }).toEqual({ status: 0, stderr: '' });
    expect(text.stdout.length).toBeGreaterThan(20);
    expect(text.stdout).not.toContain('\u001b');
    expect(typeof JSON.parse(damonlab('report', kind, 'damon.data', '--format', 'json').stdout)).toBe('object');
    expect(damonlab('report', kind, 'damon.data', '--format', 'csv').stdout).toContain(',');
  });

  it('takes the options of a kind', () => {
    const { stdout } = damonlab('report', 'heatmap', 'damon.data', '--resol', '3', '9');
    expect(stdout.split('\n').slice(0, 3)).toEqual(['900000000', '900000000', '900000000']);
    const json = damonlab('report', 'wss', 'damon.data', '--format', 'json', '--range', '0', '101', '100', '--acc_thres', '21').stdout;
    expect(JSON.stringify(JSON.parse(json))).not.toContain('4096');
  });

  it.each([
    [['attribution'], /does not know who made the accesses[\s\S]*--sample_primitives page_fault/],
    [['attribution', '--by', 'page'], /--by page: impossible value\n.*cpu or thread or node or rw/],
    [['wss', '--by', 'cpu'], /--by: not an option of report wss/],
    [['faults'], /no counters of hinting faults or sampled accesses[\s\S]*--sample_primitives page_fault/],
  ])('says what to do with %j', ([kind, ...flags], message) => {
    const { status, stderr } = damonlab('report', kind, 'damon.data', ...flags);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('writes a picture to a file', () => {
    expect(damonlab('report', 'heatmap', 'damon.data', '--format', 'svg', '--output', 'heat.svg')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    expect(readFileSync(join(dir, 'heat.svg'), 'utf8')).toMatch(/^<svg[\s\S]*<\/svg>\n$/);
    const { status, stderr } = damonlab('report', 'wss', 'damon.data', '--format', 'svg');
    expect(status).toBe(2);
    expect(stderr).toContain('no such format');
  });

  it.skipIf(!existsSync('/dev/full'))('says so if the output has no room (needs /dev/full)', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'report', 'wss', 'damon.data'], {
      cwd: dir,
      encoding: 'utf8',
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^damonlab: cannot write the output: ENOSPC[^\n]*\n$/);
  });
});

describe('bad input has exit status 2, one message on stderr, and nothing on stdout', () => {
  it.each([
    ['no command of this name', ['rum'], /unknown command 'rum'[\s\S]*Did you mean run/],
    ['no such option', ['validate', 'good.cfg', '--sead', '1'], /unknown option '--sead'/],
    ['no FILE', ['run'], /missing required argument 'file'/],
    ['no such file', ['run', 'nowhere.cfg'], /nowhere\.cfg: no such file[\s\S]*stairs-demo/],
    ['a mistake in a scenario', ['validate', 'bad.yaml'], /bad\.yaml:3:5: processes\[0\]\.thread: unknown key `thread`[\s\S]*`threads`/],
    ['a trap of masim', ['run', 'trap.cfg'], /trap\.cfg:5:/],
    [
      'an impossible flag',
      ['run', 'good.cfg', '--monitoring_nr_regions_range', '2', '100'],
      /--monitoring_nr_regions_range 2 100: too few regions/,
    ],
    ['a missing value', ['run', 'good.cfg', '--monitoring_intervals', '5ms', '100ms'], /--monitoring_intervals: values are missing/],
    ['an unknown topology', ['run', 'good.cfg', '--topology', 'torus'], /--topology torus: unknown topology/],
    [
      'a goal for a kernel that has none',
      ['run', 'good.cfg', '--kernel', '6.12', '--monitoring_intervals_goal', '4%', '3', '5ms', '10s'],
      /not in this kernel/,
    ],
    ['an unknown executor', ['run', 'good.cfg', '--executor', 'lanes:0'], /--executor: unknown executor/],
    ['a replay of no manifest', ['run', 'manifest.json'], /manifest\.json: not readable as JSON/],
    ['a report of no kind', ['report', 'heatmaps', 'x'], /heatmaps/],
    ['a report of no run', ['report', 'wss', 'nowhere'], /nowhere: no such run/],
    ['a report of something else', ['report', 'wss', 'not-a-record'], /not-a-record/],
    [
      'an option of another report',
      ['report', 'wss', 'not-a-record', '--resol', '3', '9'],
      /--resol: not an option of report wss[\s\S]*--acc_thres/,
    ],
    ['an impossible option of a report', ['report', 'access', 'not-a-record', '--snapshot', 'x'], /--snapshot x: impossible value/],
    ['percentiles beyond the last', ['report', 'wss', 'not-a-record', '--range', '0', '102', '25'], /--range 0 102 25: impossible range/],
    ['a time without sense', ['report', 'heatmap', 'not-a-record', '--time_range', '1 s', '2 parsecs'], /--time_range[\s\S]*units of time/],
    ['a format of no kind', ['report', 'wss', 'not-a-record', '--format', 'pdf'], /pdf/],
  ])('%s', (_, args, message) => {
    const { status, stdout, stderr } = damonlab(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
