/** How much faster than real time a monitored masim run goes, by the number of simulated CPUs; one masim thread on each. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLI, StepError } from '../lib.mjs';

const STAIRS = 10;
const REGION_BYTES = 10_000_000;
const GIB = 1024 ** 3;

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const virtualMs = ctx.quick ? 3_000 : 30_000;
  const folder = mkdtempSync(join(tmpdir(), 'damonlab-bench-'));
  try {
    writeFileSync(join(folder, 'stairs.cfg'), stairsConfig(virtualMs));
    const rows = (ctx.quick ? [2] : [2, 4, 8]).map((cpus) => {
      ctx.progress(`real time: ${cpus} CPUs`);
      return measure(folder, cpus, virtualMs);
    });
    return { title: `Real-time factor of ${virtualMs / 1000} s of masim stairs`, columns: COLUMNS, rows, notes: NOTES };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** masim's stairs: all regions at first, for a sixth of the time, then one after the other. */
function stairsConfig(virtualMs) {
  const names = Array.from({ length: STAIRS }, (_, i) => `s${i}`);
  const pattern = (name) => `${name}, 0, 4096, 1`;
  const regions = names.map((name) => `${name}, ${REGION_BYTES}`);
  const phases = [['init', virtualMs / 6, ...names.map(pattern)], ...names.map((name) => [`stair ${name}`, virtualMs / 12, pattern(name)])];
  return `${regions.join('\n')}\n\n${phases.map((lines) => `${lines.join('\n')}\n`).join('\n')}`;
}

function measure(folder, cpus, virtualMs) {
  const scenario = join(folder, `stairs-${cpus}.yaml`);
  // JSON is YAML.
  const experiment = {
    name: `stairs-${cpus}`,
    topology: { nodes: [{ cpus, memory: 4 * GIB }] },
    processes: [{ workload: { masim: 'stairs.cfg' }, threads: cpus }],
  };
  writeFileSync(scenario, JSON.stringify(experiment));
  const args = ['run', scenario, '--executor', 'threads', '--json', '--quiet', '--out', join(folder, `runs-${cpus}`)];
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
  const wallS = (performance.now() - start) / 1000;
  if (status !== 0) throw new StepError(`damonlab ${args.join(' ')} failed: ${stderr.trim().split('\n')[0]}`);
  return { cpus, virtual_s: virtualMs / 1000, wall_s: wallS, factor: virtualMs / 1000 / wallS };
}

const COLUMNS = [
  { key: 'cpus', title: 'simulated CPUs' },
  { key: 'virtual_s', title: 'virtual s', digits: 1 },
  { key: 'wall_s', title: 'wall s', digits: 2 },
  { key: 'factor', title: 'factor', digits: 2 },
];
const NOTES = ['factor: virtual over wall time of the whole command, its start and its files included; one thread per simulated CPU'];
