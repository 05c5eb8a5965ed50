/** Resident memory of the simulator by the memory that it simulates, every page of it touched. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, StepError } from '../lib.mjs';

const GIB = 1024 ** 3;

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const rows = (ctx.quick ? [1] : [1, 4, 16]).map((gib) => {
    ctx.progress(`memory: ${gib} GiB`);
    return measure(gib);
  });
  return { title: 'Resident memory by simulated memory', columns: COLUMNS, rows, notes: NOTES };
}

function measure(gib) {
  const script = join(ROOT, 'infra/bench/memory-child.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', script, String(gib * GIB)], { encoding: 'utf8' });
  if (status !== 0) throw new StepError(`${script} failed: ${stderr.trim().split('\n')[0]}`);
  const { baseBytes, peakBytes } = JSON.parse(stdout);
  return {
    simulated_gib: gib,
    base_mib: baseBytes / 2 ** 20,
    run_mib: peakBytes / 2 ** 20,
    mib_per_gib: (peakBytes - baseBytes) / 2 ** 20 / gib,
  };
}

const COLUMNS = [
  { key: 'simulated_gib', title: 'simulated GiB' },
  { key: 'base_mib', title: 'base MiB', digits: 1 },
  { key: 'run_mib', title: 'run MiB', digits: 1 },
  { key: 'mib_per_gib', title: 'MiB per GiB', digits: 2 },
];
const NOTES = ['one CPU with a TLB, truth on, watched by DAMON; base: the same process before the machine exists'];
