/** Compiles and runs the native yardstick, masim-native.c. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, ROOT, StepError } from '../lib.mjs';

const SOURCE = join(ROOT, 'infra/native/masim-native.c');
const FLAGS = ['-std=c11', '-O3'];

/**
 * Compile unless the same source was compiled before.
 * @returns {{ program: string } | { missing: string }} `missing`: why there is no native column
 */
export function compileNative(compiler = process.env.CC || 'cc') {
  const key = createHash('sha256')
    .update(readFileSync(SOURCE))
    .update([compiler, ...FLAGS].join(' '))
    .digest('hex')
    .slice(0, 12);
  const program = join(CACHE, `masim-native-${key}`);
  if (existsSync(program)) return { program };
  mkdirSync(CACHE, { recursive: true });
  const { status, error, stderr } = spawnSync(compiler, [...FLAGS, '-o', program, SOURCE], { encoding: 'utf8' });
  if (error !== undefined) return { missing: `no ${compiler}: native column left out` };
  return status === 0 ? { program } : { missing: `${compiler} failed: native column left out (${stderr.trim().split('\n')[0]})` };
}

/**
 * ns of CPU time per access of one shape.
 * @param {string} program from `compileNative`
 * @param {string} spec as masim-native.c describes it
 */
export function nativeNsPerAccess(program, spec, ms, { precomputed = false } = {}) {
  const { status, stdout, stderr } = spawnSync(program, ['--ms', String(ms), ...(precomputed ? ['--precomputed'] : []), spec], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new StepError(`${program} ${spec}: ${stderr.trim()}`);
  return JSON.parse(stdout)[0].ns_per_access;
}
