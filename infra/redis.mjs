/**
 * A redis-server for tests and benches: that of the machine, or Debian's, installed as root and else unpacked into the cache, which
 * needs no rights. Nobody else's server is ever used: whoever needs one starts it on a free loopback port.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './lib.mjs';

const UNPACKED = join(CACHE, 'redis');
/** Debian's server and the libraries that a plain installation lacks. */
const PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];
const INSTALL_MS = 180_000;

/**
 * Path of a redis-server that runs, or null if there is none and none can be had: then the tests that need one are skipped, by name.
 * @returns {string | null}
 */
export function findRedis() {
  const unpacked = join(UNPACKED, 'redis-server.sh');
  const found = () => ['redis-server', '/usr/bin/redis-server', unpacked].find(runs) ?? null;
  const before = process.env.DAMONLAB_REDIS_SERVER;
  if (before !== undefined && runs(before)) return before;
  if (found() !== null) return found();
  console.error("damonlab: no redis-server here: trying Debian's");
  if (process.getuid?.() === 0) install();
  if (found() === null) unpack(unpacked);
  if (found() === null) console.error('damonlab: none to be had (apt-get install redis-server): tests that need it are skipped');
  return found();
}

function runs(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

function install() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env });
  // Only the program is wanted: a service of it is not started.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], { env });
  } finally {
    if (ours) spawnSync('rm', ['-f', policy]);
  }
}

/** `apt-get download` and `dpkg -x` need no rights. Package lists must be there. */
function unpack(script) {
  mkdirSync(UNPACKED, { recursive: true });
  for (const name of PACKAGES) run('apt-get', ['download', '-qq', name], { cwd: UNPACKED });
  const packages = readdirSync(UNPACKED).filter((file) => file.endsWith('.deb'));
  for (const file of packages) run('dpkg', ['-x', file, UNPACKED], { cwd: UNPACKED });
  const libraries = join(UNPACKED, 'usr/lib');
  if (!existsSync(libraries)) return;
  const folders = [libraries, ...readdirSync(libraries).map((name) => join(libraries, name))].join(':');
  writeFileSync(script, `#!/bin/sh\nLD_LIBRARY_PATH='${folders}' exec '${join(UNPACKED, 'usr/bin/redis-server')}' "$@"\n`);
  chmodSync(script, 0o755);
}

function run(program, args, options) {
  return spawnSync(program, args, { stdio: 'ignore', timeout: INSTALL_MS, ...options }).status === 0;
}
