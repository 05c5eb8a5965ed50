/**
 * What `npm start`, `npm test` and `npm run bench` share. Node built-ins only, and syntax that an old Node still parses:
 * these scripts are the first thing that runs on a fresh clone, before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Scratch space that `npm ci` throws away. */
export const CACHE = join(ROOT, 'node_modules', '.cache', 'damonlab');

/** A step that cannot go on; `message` is the one line that the user sees. */
export class StepError extends Error {}

/** Print the one line and set the exit status instead of a stack trace. Anything but a `StepError` is a defect and stays loud. */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(`damonlab: ${error.message}`);
    process.exitCode = 1;
  }
}

/**
 * The message for a Node that is too old, or null.
 * @param {string} version like `20.19.1`
 * @param {string} range the `engines.node` of package.json, like `>=20.19`
 */
export function nodeTooOld(version, range) {
  const want = range.replace(/^>=/, '').split('.').map(Number);
  const have = version.split('.').map(Number);
  for (let i = 0; i < want.length; i++) {
    if (have[i] > want[i]) return null;
    if (have[i] < want[i]) return `Node ${range.replace('>=', '')} or newer is needed, this is Node ${version} (${process.execPath})`;
  }
  return null;
}

/**
 * Does `node_modules` hold what the lockfile says? Compares contents, not times: a checkout or a copy makes times lie.
 * Optional packages may be absent, they belong to other platforms.
 * @param {string | null} lockfile text of package-lock.json
 * @param {string | null} installed text of node_modules/.package-lock.json, null when there is none
 */
export function installIsCurrent(lockfile, installed) {
  if (installed === null) return false;
  const want = JSON.parse(lockfile).packages;
  const have = JSON.parse(installed).packages;
  return Object.keys(want).every((path) => {
    if (path === '') return true;
    const found = have[path];
    if (found === undefined) return want[path].optional === true;
    return found.version === want[path].version && found.integrity === want[path].integrity;
  });
}

/** Check Node, install what is missing. @throws StepError */
export function prepare() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const tooOld = nodeTooOld(process.versions.node, engines.node);
  if (tooOld !== null) throw new StepError(tooOld);
  if (installIsCurrent(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'), readIfThere(join(ROOT, 'node_modules/.package-lock.json'))))
    return;

  console.error('damonlab: installing (npm ci)');
  // NODE_ENV=production would leave out the compiler.
  const { status, error } = runNpm(['ci', '--include=dev']);
  if (error !== undefined) throw new StepError(`npm cannot be started (${error.code}): install Node ${engines.node} together with npm`);
  if (status !== 0)
    throw new StepError(`npm ci failed with status ${status}: its reason stands above; without network only a filled npm cache helps`);
}

/** Compile all packages. What turbo says is shown only when it fails, on stderr: `--json` stays alone on stdout. @throws StepError */
export function build() {
  console.error('damonlab: building');
  const { status, stdout, stderr } = turbo(['run', 'build', '--output-logs=errors-only', '--ui=stream'], 'pipe');
  if (status === 0) return;
  process.stderr.write(stdout + stderr);
  throw new StepError('the build failed: its errors stand above');
}

/** Run turbo without telemetry. */
export function turbo(args, stdio = 'inherit') {
  return node(tool('turbo/bin/turbo'), args, {
    stdio,
    env: { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  });
}

/** Path of a program inside node_modules: started by this Node itself, so that no shell and no PATH is needed. */
export function tool(path) {
  return join(ROOT, 'node_modules', path);
}

/** Path of the `damonlab` command. */
export const CLI = join(ROOT, 'apps/cli/bin/damonlab.js');

/**
 * Run a script with this Node, by default with our own input and output.
 * @returns {{ status: number, stdout: string, stderr: string }} 128 as status when a signal ended it
 */
export function node(script, args, { stdio = 'inherit', env = {} } = {}) {
  if (!existsSync(script)) throw new StepError(`${script} is missing: delete node_modules and run again`);
  const options = { cwd: ROOT, stdio, encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, ...env } };
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [script, ...args], options);
  if (error !== undefined) throw new StepError(`${script} cannot be started: ${error.message}`);
  return { status: status ?? 128, stdout, stderr };
}

function runNpm(args) {
  const options = { cwd: ROOT, stdio: ['ignore', 2, 2] };
  const npm = process.env.npm_execpath;
  // Under `npm start` this is npm's own script, which needs neither PATH nor a shell.
  if (npm !== undefined && /npm-cli\.c?js$/.test(npm)) return spawnSync(process.execPath, [npm, ...args], options);
  return spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { ...options, shell: process.platform === 'win32' });
}

/** @returns {string | null} */
export function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
