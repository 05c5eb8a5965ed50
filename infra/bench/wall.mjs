/** What wall time costs against virtual time, by the number of worker threads, and what a worker needs of memory. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, StepError } from '../lib.mjs';

const MOST_WORKERS = 64;

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const seconds = ctx.quick ? 1 : 5;
  const rows = (ctx.quick ? [2] : [1, 2, 4, 8]).map((workers) => {
    ctx.progress(`wall: ${workers} workers`);
    const virtual = measure('virtual', workers, seconds);
    const wall = measure('wall', workers, seconds);
    return {
      workers,
      virtual_per_core: virtual.perCpuSecond / 1e6,
      wall_per_core: wall.perCpuSecond / 1e6,
      wall_share: wall.perCpuSecond / virtual.perCpuSecond,
      busy: wall.busyShare,
      lost: wall.lostShare,
      mib_per_worker: wall.workerBytes / 2 ** 20,
    };
  });
  ctx.progress(`wall: memory of ${MOST_WORKERS} workers`);
  rows.push({ workers: MOST_WORKERS, mib_per_worker: measure('wall', MOST_WORKERS, 0).workerBytes / 2 ** 20 });
  return { title: `Accesses a second of CPU time in virtual and in wall time, ${seconds} s`, columns: COLUMNS, rows, notes: NOTES };
}

function measure(clock, workers, seconds) {
  const script = join(ROOT, 'infra/bench/wall-child.mjs');
  const args = ['--expose-gc', script, clock, String(workers), String(seconds)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new StepError(`${script} failed: ${stderr.trim().split('\n')[0]}`);
  return JSON.parse(stdout);
}

const COLUMNS = [
  { key: 'workers', title: 'workers' },
  { key: 'virtual_per_core', title: 'virtual M/s', digits: 1 },
  { key: 'wall_per_core', title: 'wall M/s', digits: 1 },
  { key: 'wall_share', title: 'wall/virtual', digits: 2 },
  { key: 'busy', title: 'cores busy', digits: 2 },
  { key: 'lost', title: 'time lost', digits: 3 },
  { key: 'mib_per_worker', title: 'MiB a worker', digits: 1 },
];
const NOTES = [
  'zipf over 16 MiB with a TLB, a thread on each CPU, truth on, watched by DAMON; M/s: million accesses a second of CPU time',
  `with ${MOST_WORKERS} workers only their memory is measured: of one worker, when all are there`,
  'cores busy: CPU time over real time in wall time; time lost: share of the CPUs’ time in which the host did not run them',
];
