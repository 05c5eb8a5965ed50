/**
 * `npm run traces [-- NAME...]`: captures the library of traces from free programs into traces/, which is not in git. What is
 * not installed is left out by name. Needs qemu-user and cc.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build, CLI, main, prepare, ROOT, StepError } from './lib.mjs';

const DIR = join(ROOT, 'traces');
const SQL = `CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
INSERT INTO t SELECT i, hex(i * 7919 % 40009) FROM n;
CREATE INDEX tb ON t(b);
SELECT count(*), max(b) FROM t WHERE b > '5';`;
const PYTHON = 'd = {str(i): [i] * 8 for i in range(60000)}; print(sum(len(d[str(i * 7919 % 60000)]) for i in range(120000)))';

/** Each makes `file`; `dir` holds input files. */
const LIBRARY = {
  sort: { needs: ['sort'], make: (file, dir) => capture(file, ['sort', '--parallel=4', '-S', '64M', 'numbers'], dir) },
  gzip: { needs: ['gzip'], make: (file, dir) => capture(file, ['gzip', '-k', '-c', 'numbers'], dir) },
  python: { needs: ['python3'], make: (file, dir) => capture(file, ['python3', '-c', PYTHON], dir) },
  sqlite: { needs: ['sqlite3'], make: (file, dir) => capture(file, ['sqlite3', ':memory:', SQL], dir) },
  redis: { needs: ['redis-server', 'redis-benchmark', 'redis-cli'], make: captureRedis },
};

main(async () => {
  prepare();
  build();
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !(name in LIBRARY));
  if (unknown !== undefined) throw new StepError(`no trace is called ${unknown}: ${Object.keys(LIBRARY).join(', ')}`);
  mkdirSync(DIR, { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), 'damonlab-traces-'));
  try {
    writeFileSync(join(dir, 'numbers'), Array.from({ length: 200_000 }, (_, i) => `${(i * 7919) % 1_000_003}\n`).join(''));
    for (const name of names.length > 0 ? names : Object.keys(LIBRARY)) await make(name, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return 0;
});

async function make(name, dir) {
  const { needs, make } = LIBRARY[name];
  const missing = needs.find((program) => spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status !== 0);
  if (missing !== undefined) {
    console.error(`damonlab: traces/${name}.dltrace left out: needs ${missing}`);
    return;
  }
  const file = join(DIR, `${name}.dltrace`);
  if (existsSync(file)) return;
  console.error(`damonlab: traces/${name}.dltrace`);
  await make(file, dir);
}

/** A process that captures `command` to `file`; `ended` is its exit status. */
function startCapture(file, command, cwd) {
  const env = { ...process.env, LC_ALL: 'C' };
  const args = [CLI, 'capture', '--output', file, '--', ...command];
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status));
  });
  return { child, ended };
}

async function capture(file, command, cwd) {
  if ((await startCapture(file, command, cwd).ended) !== 0) throw new StepError(`the capture of ${command[0]} failed`);
}

/** A server under load from outside, which runs natively. */
async function captureRedis(file, dir) {
  const port = await freePort();
  const command = ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--io-threads', '2'];
  const { ended } = startCapture(file, command, dir);
  const stopped = ended.then(() => true);
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 100 || (await Promise.race([stopped, sleep(200, false)]))) throw new StepError('redis-server does not answer');
  }
  const load = ['-p', String(port), '-n', '3000', '-r', '20000', '-t', 'set,get,lpush,lrange_100', '-d', '256', '-q'];
  const run = (program, args) => new Promise((resolve) => spawn(program, args, { stdio: 'ignore' }).on('close', resolve));
  await run('redis-benchmark', load);
  await run('redis-cli', ['-p', String(port), 'shutdown', 'nosave']);
  if ((await ended) !== 0) throw new StepError('the capture of redis-server failed');
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
