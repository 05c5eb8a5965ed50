/** What sweeps cost: points a minute by jobs and workers, overhead of a point, listing of stored runs, memory of the coordinator. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ROOT, StepError } from '../lib.mjs';
import { findRedis } from '../redis.mjs';

const CHILD = join(ROOT, 'infra/bench/sweep-child.mjs');
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
  const file = writeSweep(folder, 'throughput', large.points, large.ms);
  const rate = ({ seconds }) => (60 * large.points) / seconds;
  /** Wall-clock time that a job had for a point, less what its run took. */
  const overhead = ({ seconds, meanMs }, jobs) => (1000 * seconds * jobs) / large.points - meanMs;
  const { one, two } = await oneAndTwo(folder, file, ctx);
  const rows = [
    { what: 'one job, embedded', value: rate(one), unit: 'points/min' },
    { what: 'two jobs, embedded', value: rate(two), unit: 'points/min' },
    { what: '  efficiency on two cores', value: efficiency({ one, two }), unit: '' },
    { what: '  the same, points of a tenth of a second', value: efficiency(await oneAndTwo(folder, small(folder, ctx), ctx)), unit: '' },
    { what: '  overhead of a point (one job)', value: overhead(one, 1), unit: 'ms' },
  ];
  if (server === null) return rows;
  ctx.progress('sweep: two workers over Redis');
  const workers = [1, 2].map(() => startWorker(folder, server));
  await Promise.all(workers.map(({ ready }) => ready));
  const remote = await measure(folder, { file, store: server.url, jobs: 0 });
  for (const { child } of workers) child.kill('SIGKILL');
  return [
    ...rows,
    { what: 'two workers over Redis', value: rate(remote), unit: 'points/min' },
    { what: '  of two local jobs', value: rate(remote) / rate(two), unit: '' },
    { what: '  overhead of a point', value: overhead(remote, 2), unit: 'ms' },
  ];
}

function small(folder, { quick }) {
  return writeSweep(folder, 'small', quick ? 20 : 150, quick ? 400 : 6_000);
}

/** The same sweep by one job and by two. */
async function oneAndTwo(folder, file, ctx) {
  const store = (jobs) => join(folder, `${basename(file)}-${jobs}`);
  ctx.progress(`sweep: one job, ${basename(file)}`);
  const one = await measure(folder, { file, store: store(1), jobs: 1 });
  ctx.progress(`sweep: two jobs, ${basename(file)}`);
  return { one, two: await measure(folder, { file, store: store(2), jobs: 2 }) };
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
  for (const points of ctx.quick ? [100, 1_000] : [100, 10_000]) {
    ctx.progress(`sweep: memory of ${points} points`);
    const file = writeSweep(folder, `memory-${points}`, points, 20);
    const store = server.url;
    const taker = spawn(process.execPath, [CHILD, JSON.stringify({ mode: 'take', name: `memory-${points}`, store })], { stdio: 'inherit' });
    const { peakMib, heapMib } = await measure(folder, { file, store, jobs: 0 });
    taker.kill('SIGKILL');
    rows.push({ what: `coordinator of ${points} points, peak`, value: peakMib, unit: 'MiB' });
    rows.push({ what: '  heap that is in use at the end', value: heapMib, unit: 'MiB' });
  }
  return rows;
}

function measure(folder, options) {
  return child(folder, { mode: 'run', ...options });
}

/** Run the child on `task`; its last line is its answer. */
async function child(cwd, task) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', CHILD, JSON.stringify(task)], { cwd, encoding: 'utf8' });
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
