import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashRun } from '@damonlab/record';
import { parseScenario, reviveScenario } from '@damonlab/scenario';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runScenario } from '../run-scenario.js';
import { CONTROL_SOCKET } from './api.js';
import { controlRun } from './client.js';

/** Two users of hinting faults, one owner at a time. */
const scenario = parseScenario(
  `
topology:
  nodes: [{ cpus: 1, memory: 64 MiB }, { cpus: 1, memory: 64 MiB }]
  distance: [[10, 20], [20, 10]]
  latency_ns: [[80, 140], [140, 80]]
duration: 3 s
processes:
  - workload: { pattern: zipf, size: 4 MiB, duration: 3 s, access: 1 us }
    threads: 2
monitor:
  sample_control: { primitive: page_fault }
  intervals: { sample_us: 5000, aggr_us: 100000, ops_update_us: 1000000 }
numa_balancing: { scan_delay_ms: 10, scan_period_min_ms: 50, scan_size_mb: 8 }
sharing: { strategy: runtime_full }
`,
  'two-users.yaml',
);

describe('control of a run', () => {
  let outDir: string;
  beforeEach(() => {
    outDir = mkdtempSync(join(tmpdir(), 'damonlab-control-'));
  });
  afterEach(() => rmSync(outDir, { recursive: true, force: true }));

  /** A run that begins paused. */
  const begin = () => {
    const ended = runScenario(scenario, { executor: 'inline', outDir, control: true, onMachine: (machine) => machine.pause() });
    return { ended, dir: async () => join(outDir, await firstIn(outDir)) };
  };

  it('what is committed and handed over is in the manifest, and repeats the run to the bit; pauses change nothing', async () => {
    const { ended, dir } = begin();
    const run = await dir();
    expect(await controlRun(run, (api) => api.status())).toMatchObject({ state: 'paused', nowNs: 0, clock: 'virtual' });
    const first = await controlRun(run, (api) => api.commit({ minNrRegions: 30, maxNrRegions: 300 }));
    expect(first).toMatchObject({ atNs: 1, attrs: { sampleUs: 5000, minNrRegions: 30 } });
    await controlRun(run, (api) => api.resume());
    const handover = await controlRun(run, (api) => api.handover({ stop: ['numa_balancing', 'damon'], start: ['damon'] }));
    await controlRun(run, (api) => api.pause());
    const second = await controlRun(run, (api) => api.commit({ aggrUs: 50_000 }));
    expect(second.attrs).toMatchObject({ aggrUs: 50_000, minNrRegions: 30 });
    await expect(controlRun(run, (api) => api.handover({ stop: [], start: ['damon'] }))).rejects.toThrow('the run is paused');
    await controlRun(run, (api) => api.resume());
    await expect(controlRun(run, (api) => api.handover({ stop: [], start: ['numa_balancing'] }))).rejects.toThrow(
      /EBUSY[\s\S]*damon has them/,
    );
    await ended;
    const manifest = JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8'));
    expect(manifest.scenario.machine.monitor.commits).toEqual([first, second]);
    expect(manifest.scenario.machine.sharing.schedule).toHaveLength(2);
    expect(manifest.scenario.machine.sharing.schedule[0].atNs).toBe(handover.atNs);
    const again = await runScenario(reviveScenario(manifest.scenario, 'manifest'), { executor: 'lanes:2', outDir: join(outDir, 'again') });
    expect(hashRun(String(again.dir))).toBe(hashRun(run));
    const alone = await runScenario(scenario, { executor: 'inline', outDir: join(outDir, 'alone') });
    expect(hashRun(String(alone.dir))).not.toBe(hashRun(run));
  });

  it('serves requests in their order, and lets strangers talk', async () => {
    const { ended, dir } = begin();
    const run = await dir();
    await new Promise<void>((resolve) => {
      const stranger = net.connect(join(run, CONTROL_SOCKET), () => stranger.end('GET / HTTP/1.1\n\n{}\n', resolve));
    });
    const answers = await controlRun(run, (api) => Promise.all([api.resume(), api.pause(), api.status(), api.stop(), api.status()]));
    expect(answers.map(({ state }) => state)).toEqual(['running', 'paused', 'paused', 'paused', 'paused']);
    expect(await ended).toMatchObject({ state: 'interrupted' });
    await expect(controlRun(run, (api) => api.status())).rejects.toThrow('the run does not go on');
  });
});

/** The first run directory that can be controlled. */
async function firstIn(outDir: string): Promise<string> {
  for (;;) {
    const name = readdirSync(outDir).find((dir) => readdirSync(join(outDir, dir)).includes(CONTROL_SOCKET));
    if (name !== undefined) return name;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
