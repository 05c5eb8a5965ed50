import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './cli.js';

const stress = (...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'infra/stress.mjs'), ...args], { cwd: ROOT, encoding: 'utf8' });

it('npm run stress: five seconds of machines that race, and their accounts balance', () => {
  const { status, stdout, stderr } = stress('--seconds', '5');
  expect(stderr).not.toMatch(/failed; again/);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^seed \d+: \d+ CPUs, /m);
  expect(stdout).toMatch(/^stress: \d+ machines, all accounts balance$/m);
});

it('npm run stress: a wrong option is said in one line', () => {
  const { status, stderr } = stress('--seconds', 'many');
  expect(status).toBe(1);
  expect(stderr).toBe('damonlab: numbers are expected; usage: npm run stress -- [--seconds N] [--seed N]\n');
});
