import { NS_PER_MS } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import type { MonitorConfig } from './config.js';
import { Machine } from './machine.js';
import { MIB, MONITOR, machineOf, Notes, synthetic } from './testing/small-machines.js';

const LIFE_MS = 40;

/** Windows of a process of 40 ms, and what it touched in each. */
async function watch(times: Partial<MonitorConfig>) {
  const notes = new Notes();
  const processes = [{ name: 'a', workload: synthetic(2 * MIB, LIFE_MS), cpus: [0] }];
  const config = machineOf(processes, { monitor: { ...MONITOR, ...times } });
  const machine = await Machine.create(config, { executor: 'inline', observer: notes, check: true });
  const { virtualNs } = await machine.run();
  await machine.close();
  return { ...notes, virtualNs };
}

describe('when DAMON is on', () => {
  it('at once and until the process has ended, if nothing is said', async () => {
    const { snapshots, virtualNs } = await watch({});
    expect(snapshots[0].startNs).toBe(0);
    expect(virtualNs).toBeLessThan((LIFE_MS + 2) * NS_PER_MS);
  });

  it('from `startNs` on, and the truth of its first window begins there too', async () => {
    const startNs = 12_345_678;
    const { snapshots, truths } = await watch({ startNs });
    expect(snapshots[0].startNs).toBe(startNs);
    const first = truths.findIndex((window) => window.startNs === startNs);
    expect(first).toBe(1);
    expect(truths[0]).toMatchObject({ startNs: 0, endNs: startNs });
    expect(truths[first].endNs).toBe(snapshots[0].endNs);
  });

  it('through the time of a zombie, which has no memory to be seen in', async () => {
    const { snapshots, virtualNs } = await watch({ lingerNs: 30 * NS_PER_MS });
    expect(virtualNs).toBeGreaterThan((LIFE_MS + 30) * NS_PER_MS);
    expect(virtualNs).toBeLessThan((LIFE_MS + 32) * NS_PER_MS);
    const after = snapshots.filter(({ startNs }) => startNs > (LIFE_MS + 1) * NS_PER_MS);
    expect(after.length).toBeGreaterThan(3);
    for (const { nrAccesses } of after) expect(Math.max(...nrAccesses)).toBe(0);
  });
});
