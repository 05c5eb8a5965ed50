import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunError } from '@damonlab/base';
import type { Machine } from '@damonlab/machine';
import { openRun } from '@damonlab/record';
import { parseScenario } from '@damonlab/scenario';
import { expect, it } from 'vitest';
import { runScenario } from './run-scenario.js';

const scenario = parseScenario(
  `
topology: { nodes: [{ cpus: 2, memory: 64 MiB }] }
processes:
  - workload: { pattern: pointer_chase, size: 4 MiB, duration: 1000 s, access: 1 us }
    threads: 2
monitor: { intervals: { sample_us: 5000, aggr_us: 50000, ops_update_us: 100000 } }
`,
  'long.yaml',
);

it('a worker that is killed ends the run with its name; what was recorded until then can be read', async () => {
  const outDir = mkdtempSync(join(tmpdir(), 'damonlab-wall-run-'));
  try {
    const onMachine = (machine: Machine) => void setTimeout(() => machine.workers[1].terminate(), 1_000);
    const ended = await runScenario(scenario, { clock: 'wall', executor: 'threads', outDir, onMachine }).catch((error: unknown) => error);
    expect(ended).toBeInstanceOf(RunError);
    expect(String(ended)).toMatch(/CPU worker 1 died: it exited with status 1\n {2}recorded so far: /);
    const run = await openRun(join(outDir, readdirSync(outDir)[0]));
    expect(run).toMatchObject({ state: 'failed', reason: expect.stringMatching(/^CPU worker 1 died/), manifest: { clock: 'wall' } });
    expect(run.snapshots.length).toBeGreaterThan(0);
    expect(run.tables.races.length).toBeGreaterThan(0);
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
});
