import { NS_PER_MS } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { ATTRS, MIB, MONITOR, machineOf, Notes, synthetic } from './testing/small-machines.js';

describe('online commit', () => {
  it('puts attributes in force at their time, not before', async () => {
    const atNs = 40 * NS_PER_MS;
    const commits = [{ atNs, attrs: { ...ATTRS, aggrUs: 10_000, minNrRegions: 40 } }];
    const process = { name: 'p', workload: synthetic(4 * MIB, 100), cpus: [0] };
    const notes = new Notes();
    const machine = await Machine.create(machineOf([process], { monitor: { ...MONITOR, commits } }), {
      executor: 'inline',
      observer: notes,
    });
    await machine.run();
    await machine.close();
    const before = notes.snapshots.filter(({ endNs }) => endNs < atNs);
    const after = notes.snapshots.filter(({ startNs }) => startNs > atNs + 10 * NS_PER_MS);
    expect(before.length).toBeGreaterThan(3);
    expect(after.length).toBeGreaterThan(2);
    expect(new Set(before.map(({ aggrUs }) => aggrUs))).toEqual(new Set([5_000]));
    expect(new Set(after.map(({ aggrUs }) => aggrUs))).toEqual(new Set([10_000]));
    expect(Math.max(...before.map(({ start }) => start.length))).toBeLessThan(40);
    expect(Math.min(...after.map(({ start }) => start.length))).toBeGreaterThanOrEqual(40);
  });
});
