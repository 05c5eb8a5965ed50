/** What sweeps cost: points a minute by jobs and workers, overhead of a point, listing of stored runs, memory of the coordinator. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT, StepError } from '../lib.mjs';
import { findRedis } from '../redis.mjs';

const CHILD = join(ROOT, 'infra/bench/sweep-child.mjs');
const TURNS = 2;
/** As much as any number of points must do with: without a bound V8 lets garbage lie, 60 MiB of it. */
const SMALL_HEAP = ['--max-semi-space-size=1', '--max-old-space-size=64'];
const WORKER = join(ROOT, 'apps/worker/bin/damonlab-worker.js');

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const folder = mkdtempSync(join(tmpdir(), 'damonlab-bench-'));
  const redis = findRedis();
  if (redis !== null) process.env.DAMONLAB_REDIS_SERVER = redis;
  const { RedisServer } = await import('../../packages/testkit/dist/index.js');
  const server = redis === null ? null : await RedisServer.start();
  try {
    const rows = [
      ...(await throughput(folder, server, ctx)),
      ...(await listing(folder, server, ctx)),
      ...(server === null ? [] : await memory(folder, server, ctx)),
    ];
    const notes = server === null ? [...NOTES, 'no redis-server here: its figures are missing'] : NOTES;
    return { title: 'Sweeps', columns: COLUMNS, rows, notes };
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function throughput(folder, server, ctx) {
  const large = { points: ctx.quick ? 10 : 100, ms: ctx.quick ? 400 : 60_000 };
  const small = { points: ctx.quick ? 20 : 150, ms: ctx.quick ? 400 : 6_000 };
  const rate = ({ seconds }) => (60 * large.points) / seconds;
  /** Wall-clock time that a job had for a point, less what its run took. */
  const overhead = ({ seconds, meanMs }, jobs) => (1000 * seconds * jobs) / large.points - meanMs;
  const { one, two, remote } = await byTurns(folder, { name: 'throughput', ...large }, server, ctx);
  const rows = [
    { what: 'one job, embedded', value: rate(one), unit: 'points/min' },
    { what: 'two jobs, embedded', value: rate(two), unit: 'points/min' },
    { what: '  efficiency on two cores', value: efficiency({ one, two }), unit: '' },
    {
      what: '  the same, points of a tenth of a second',
      value: efficiency(await byTurns(folder, { name: 'small', ...small }, null, ctx)),
      unit: '',
    },
    { what: '  overhead of a point (one job)', value: overhead(one, 1), unit: 'ms' },
  ];
  if (remote === undefined) return rows;
  return [
    ...rows,
    { what: 'two workers over Redis', value: rate(remote), unit: 'points/min' },
    { what: '  of two local jobs', value: rate(remote) / rate(two), unit: '' },
    { what: '  overhead of a point', value: overhead(remote, 2), unit: 'ms' },
  ];
}

/** The same sweep by one job, by two, and by two workers over Redis, by turns: a host is not always equally fast. Means over turns. */
async function byTurns(folder, { name, points, ms }, server, ctx) {
  const ways = { one: localJobs(1), two: localJobs(2), ...(server === null ? {} : { remote: twoWorkers(server) }) };
  const turns = [];
  for (let turn = 0; turn < (ctx.quick ? 1 : TURNS); turn++) {
    const file = writeSweep(folder, `${name}-${turn}`, points, ms);
    const took = {};
    for (const [way, sweep] of Object.entries(ways)) {
      ctx.progress(`sweep: ${basename(file)}, ${way}`);
      took[way] = await sweep(folder, file);
    }
    turns.push(took);
  }
  const mean = (way, key) => turns.reduce((sum, took) => sum + took[way][key], 0) / turns.length;
  return Object.fromEntries(Object.keys(ways).map((way) => [way, { seconds: mean(way, 'seconds'), meanMs: mean(way, 'meanMs') }]));
}

function localJobs(jobs) {
  return (folder, file) => measure(folder, { file, store: join(folder, `${basename(file)}-${jobs}`), jobs });
}

function twoWorkers(server) {
  return async (folder, file) => {
    const workers = [1, 2].map(() => startWorker(folder, server));
    await Promise.all(workers.map(({ ready }) => ready));
    const took = await measure(folder, { file, store: server.url, jobs: 0 });
    for (const { child } of workers) child.kill('SIGKILL');
    return took;
  };
}

function efficiency({ one, two }) {
  return one.seconds / two.seconds / 2;
}

/** A worker, and when it is ready to join. */
function startWorker(folder, server) {
  const child = spawn(process.execPath, [WORKER, '--jobs', '1'], { cwd: folder, env: { ...process.env, DAMONLAB_REDIS: server.url } });
  const ready = new Promise((resolve) => child.stderr.on('data', (text) => String(text).includes('ready') && resolve()));
  return { child, ready };
}

async function listing(folder, server, ctx) {
  const runs = ctx.quick ? 1_000 : 10_000;
  const rows = [];
  for (const [name, store] of [['embedded', join(folder, 'list')], ...(server === null ? [] : [['over Redis', server.url]])]) {
    ctx.progress(`sweep: listing ${name}`);
    const { listMs, openMs } = await child(folder, { mode: 'list', store, runs });
    rows.push({ what: `${runs} stored runs listed, ${name}`, value: listMs, unit: 'ms' });
    rows.push({ what: '  store opened by another process', value: openMs, unit: 'ms' });
  }
  return rows;
}

async function memory(folder, server, ctx) {
  const rows = [];
  for (const points of ctx.quick ? [100, 1_000] : [100, 1_000, 10_000]) {
    ctx.progress(`sweep: memory of ${points} points`);
    const file = writeSweep(folder, `memory-${points}`, points, 20);
    const store = server.url;
    const taker = spawn(process.execPath, [CHILD, JSON.stringify({ mode: 'take', name: `memory-${points}`, store })], { stdio: 'inherit' });
    const { peakMib, heapMib } = await measure(folder, { file, store, jobs: 0 }, SMALL_HEAP);
    taker.kill('SIGKILL');
    rows.push({ what: `coordinator of ${points} points in a heap of 64 MiB, peak`, value: peakMib, unit: 'MiB' });
    rows.push({ what: '  heap that is in use at the end', value: heapMib, unit: 'MiB' });
  }
  return rows;
}

function measure(folder, options, flags = []) {
  return child(folder, { mode: 'run', ...options }, flags);
}

/** Run the child on `task`; its last line is its answer. */
async function child(cwd, task, flags = []) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', ...flags, CHILD, JSON.stringify(task)], {
    cwd,
    encoding: 'utf8',
  });
  if (status !== 0) throw new StepError(`${CHILD} failed: ${stderr.trim()}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

function writeSweep(folder, name, points, ms) {
  const scenario = {
    topology: { nodes: [{ cpus: 1, memory: '64 MiB' }] },
    processes: [{ workload: { pattern: 'pointer_chase', size: '8 MiB', duration: `${ms} ms`, access: '500 ns' } }],
    monitor: { intervals: { sample_us: 1000, aggr_us: 10_000, ops_update_us: 100_000 } },
  };
  const sweep = { scenario: `${name}.scenario.yaml`, seeds: points, figures: { recall: 'targets.0.touched.rec_1' } };
  writeFileSync(join(folder, `${name}.scenario.yaml`), JSON.stringify(scenario));
  writeFileSync(join(folder, `${name}.yaml`), JSON.stringify(sweep));
  return join(folder, `${name}.yaml`);
}

const COLUMNS = [
  { key: 'what', title: 'what' },
  { key: 'value', title: 'value', digits: 2 },
  { key: 'unit', title: 'unit' },
];
const NOTES = [
  'a point: a minute of virtual time of one CPU, a second of the host; efficiency: two jobs against twice one job',
  'a run compiles its loops anew, some 15 ms on another core, and a thread takes half a second to start: that is what small points show',
  "overhead: a job's wall-clock time for a point, less that of the run itself; threads that start are in it",
];
