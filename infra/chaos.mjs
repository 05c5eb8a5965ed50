/**
 * `npm run chaos [-- --points 500 --workers 4 --kill-every 1 --restarts 2]`: a sweep over a Redis whose workers are killed at random
 * and whose server is restarted, beside the same sweep undisturbed on this machine. Both must give the same results, each point once.
 */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { build, CLI, main, prepare, ROOT, StepError } from './lib.mjs';
import { findRedis } from './redis.mjs';

const WORKER = join(ROOT, 'apps/worker/bin/damonlab-worker.js');
const SEEDS = 5;
const SCENARIO = `topology: { nodes: [{ cpus: 1, memory: 64 MiB }] }
processes:
  - workload: { pattern: pointer_chase, size: 2 MiB, duration: 1 s, access: 1 us }
monitor: { intervals: { sample_us: 1000, aggr_us: 10000, ops_update_us: 50000 } }
`;

main(async () => {
  const options = readOptions();
  prepare();
  build();
  const redis = findRedis();
  if (redis === null) throw new StepError('the chaos needs a redis-server');
  process.env.DAMONLAB_REDIS_SERVER = redis;
  const folder = mkdtempSync(join(tmpdir(), 'damonlab-chaos-'));
  try {
    return await compare(folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function readOptions() {
  const number = (name, fallback) => ({ [name]: { type: 'string', default: String(fallback) } });
  try {
    const { values } = parseArgs({
      options: { ...number('points', 500), ...number('workers', 4), ...number('kill-every', 1), ...number('restarts', 2) },
    });
    const options = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]));
    if (Object.values(options).some((value) => !(value >= 0))) throw new Error('numbers are expected');
    return options;
  } catch (error) {
    throw new StepError(`${error.message}; usage: npm run chaos -- [--points N] [--workers N] [--kill-every SECONDS] [--restarts N]`);
  }
}

async function compare(folder, options) {
  writeFileSync(join(folder, 'small.yaml'), SCENARIO);
  writeFileSync(join(folder, 'chaos.yaml'), sweepFile(options.points));
  const startedMs = performance.now();
  const calm = damonlab(folder, ['sweep', 'chaos.yaml', '--json', '--quiet']);
  const calmMs = performance.now() - startedMs;
  const wild = await disturbed(folder, options);
  const expected = damonlab(folder, ['sweep', 'results', 'chaos', '--points', '--format', 'csv']);
  const points = wild.csv.trim().split('\n').slice(1);
  const distinct = new Set(points.map((line) => line.split(',')[0])).size;
  const same = wild.csv === expected;
  console.log(`undisturbed  ${JSON.parse(calm).done} points in ${(calmMs / 1000).toFixed(1)} s, embedded`);
  console.log(`disturbed    ${wild.done} points in ${wild.seconds.toFixed(1)} s, ${options.workers} workers over Redis`);
  console.log(`             ${wild.kills} workers killed, Redis restarted ${wild.restarts} times`);
  const verdict = same ? 'equal to' : 'DIFFERENT FROM';
  console.log(`results      ${points.length}, of ${distinct} points, ${wild.failed} failed; ${verdict} those of the undisturbed sweep`);
  return same && points.length === options.points && distinct === options.points && wild.failed === 0 ? 0 : 1;
}

/** The sweep over Redis: this process coordinates nothing, it only kills. */
async function disturbed(folder, options) {
  const { RedisServer } = await import('../packages/testkit/dist/index.js');
  const server = await RedisServer.start();
  const env = { ...process.env, DAMONLAB_REDIS: server.url };
  const children = new Set();
  /** Those that have joined the sweep. */
  const workers = new Set();
  const startWorker = () => {
    const worker = spawn(process.execPath, [WORKER, '--jobs', '1'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    children.add(worker);
    worker.stderr.on('data', (text) => {
      if (String(text).includes('joined')) workers.add(worker);
    });
    worker.on('exit', () => {
      children.delete(worker);
      workers.delete(worker);
    });
  };
  const startedMs = performance.now();
  const coordinator = spawn(process.execPath, [CLI, 'sweep', 'chaos.yaml', '--jobs', '0', '--json'], { cwd: folder, env });
  let output = '';
  coordinator.stdout.on('data', (text) => {
    output += text;
  });
  coordinator.stderr.pipe(process.stderr);
  const ended = new Promise((resolve) => coordinator.on('exit', resolve));
  const tally = { kills: 0, restarts: 0, over: false };
  const end = () => {
    tally.over = true;
    for (const child of [...children, coordinator]) child.kill('SIGKILL');
    return server.stop();
  };
  process.once('SIGINT', () => end().finally(() => process.exit(130)));
  try {
    for (let i = 0; i < options.workers; i++) startWorker();
    const trouble = Promise.all([killing(options, workers, startWorker, tally), restarting(options, server, folder, env, tally)]);
    const status = await ended;
    tally.over = true;
    await trouble;
    if (status !== 0) throw new StepError(`the disturbed sweep ended with status ${status}`);
    const csv = damonlab(folder, ['sweep', 'results', 'chaos', '--points', '--format', 'csv'], env);
    return { ...tally, ...JSON.parse(output), csv, seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    await end();
  }
}

/**
 * A worker at random dies, and another one is started. Nobody dies while fewer than half have joined, or on a busy machine, where a
 * start takes longer than the time between two deaths, no point would ever be begun.
 */
async function killing(options, workers, startWorker, tally) {
  if (options['kill-every'] === 0) return;
  while (!tally.over) {
    await setTimeout(1000 * options['kill-every']);
    const all = [...workers];
    if (tally.over || all.length < options.workers / 2) continue;
    all[Math.floor(Math.random() * all.length)].kill('SIGKILL');
    tally.kills++;
    startWorker();
  }
}

/** Redis goes down when a third, two thirds, ... of the points are done: once as told, once as killed. */
async function restarting(options, server, folder, env, tally) {
  for (let i = 1; i <= options.restarts; i++) {
    while (!tally.over && (await doneOf(folder, env)) < (options.points * i) / (options.restarts + 1)) await setTimeout(500);
    if (tally.over) return;
    await server.down(i % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    await setTimeout(1000);
    await server.up();
    tally.restarts++;
  }
}

/** Zero while Redis is away: the command then waits for longer than it is given. */
async function doneOf(folder, env) {
  const options = { cwd: folder, env, timeout: 10_000 };
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'sweep', 'status', '--json'], options).catch(() => ({ stdout: '' }));
  return stdout === '' ? 0 : (JSON.parse(stdout).sweeps[0]?.done ?? 0);
}

function damonlab(cwd, args, env = process.env) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new StepError(`damonlab ${args.join(' ')} failed: ${stderr.trim()}`);
  return stdout;
}

function sweepFile(points) {
  const combinations = Math.max(1, Math.round(points / SEEDS));
  return JSON.stringify({
    scenario: 'small.yaml',
    axes: { max: { key: 'monitor.nr_regions.max', grid: { from: 20, to: 20 + combinations - 1, steps: combinations, whole: true } } },
    seeds: SEEDS,
    figures: { recall: 'targets.0.touched.rec_1', n_snap: 'n_snap' },
  });
}
