import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { json, ROOT } from './cli.js';

interface Row {
  readonly shape: string;
  readonly simulated_ns: number;
  readonly native_ns: number | null;
  readonly ratio: number | null;
}

it('npm run bench -- --quick --only access --json prints one object with a row for each shape', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'infra/bench.mjs'), '--quick', '--only', 'access', '--json'], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const { quick, native, sections } = json(stdout) as { quick: boolean; native: string; sections: { access: { rows: Row[] } } };
  expect(quick).toBe(true);
  const { rows } = sections.access;
  expect(rows.map((row) => row.shape)).toEqual([
    '2 MiB random',
    '100 MB random',
    '10 x 10 MB sequential, stride 4096',
    '256 MiB random, read-only',
  ]);
  for (const row of rows) {
    expect(row.simulated_ns).toBeGreaterThan(0);
    if (native === 'measured') expect(row.ratio).toBeGreaterThan(0);
    else expect([row.native_ns, row.ratio]).toEqual([null, null]);
  }
});

it('npm run bench says what it does not know', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'infra/bench.mjs'), '--only', 'acess'], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/no bench is called acess; usage: npm run bench/);
});

it('the bench of the importers has a row for each format', () => {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'infra/bench.mjs'), '--quick', '--only', 'trace-import', '--json'], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  const { sections } = json(stdout) as { sections: Record<string, { rows: { format: string; mb_per_s: number }[] }> };
  const { rows } = sections['trace-import'];
  expect(rows.map((row) => row.format)).toEqual(['lackey', 'lackey, gzip', 'perf script', 'drmemtrace view']);
  for (const row of rows) expect(row.mb_per_s).toBeGreaterThan(0);
});
