/** Programs whose traces the benches measure, and what is needed to make them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLI, node, StepError } from '../lib.mjs';

/** @typedef {{ name: string, command: string[] }} Program */

/** Give `body` a directory with input files, which is gone afterwards. */
export async function withInputs(quick, body) {
  const dir = mkdtempSync(join(tmpdir(), 'damonlab-bench-'));
  const lines = quick ? 20_000 : 150_000;
  const numbers = Array.from({ length: lines }, (_, i) => `${(i * 7919) % 1_000_003}\n`).join('');
  writeFileSync(join(dir, 'numbers'), numbers);
  try {
    return await body(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @returns {Program[]} those that are installed */
export function programs(quick) {
  const rounds = quick ? 20_000 : 200_000;
  return [
    { name: 'sort, 1 thread', command: ['sort', '--parallel=1', '-S', '64M', 'numbers'] },
    { name: 'sort, 2 threads', command: ['sort', '--parallel=2', '-S', '64M', 'numbers'] },
    { name: 'gzip', command: ['gzip', '-k', '-c', 'numbers'] },
    { name: 'python3', command: ['python3', '-c', `print(len({str(i): i * i for i in range(${rounds})}))`] },
  ].filter(({ command }) => has(command[0]));
}

export function has(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

/** Real seconds of a command. */
export function secondsOf(command, cwd) {
  const start = process.hrtime.bigint();
  const { status, error } = spawnSync(command[0], command.slice(1), { cwd, stdio: 'ignore', env: { ...process.env, LC_ALL: 'C' } });
  if (error !== undefined || status !== 0) throw new StepError(`${command.join(' ')} failed`);
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Capture a command to `file`; returns real seconds. @throws StepError */
export function capture(command, cwd, file, flags = []) {
  const start = process.hrtime.bigint();
  const args = ['capture', '--quiet', ...flags, '--output', file, '--', ...command];
  const { status, error, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error !== undefined || status !== 0) throw new StepError(`capture of ${command.join(' ')} failed: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Run damonlab, quietly. @throws StepError */
export function damonlab(args) {
  const { status, stderr } = node(CLI, args, { stdio: 'pipe' });
  if (status !== 0) throw new StepError(`damonlab ${args.join(' ')} failed: ${stderr}`);
}
