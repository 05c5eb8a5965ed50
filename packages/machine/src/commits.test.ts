import { NS_PER_MS } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import type { MonitorConfig } from './config.js';
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

  it('has physical memory watched elsewhere from its time on', async () => {
    const atNs = 40 * NS_PER_MS;
    const commits = [{ atNs, attrs: ATTRS, regions: [[{ start: 3 * MIB, end: 5 * MIB }]] }];
    const monitor: MonitorConfig = { ...MONITOR, ops: 'paddr', regions: [[{ start: 0, end: 4 * MIB }]], commits };
    const notes = new Notes();
    const process = { name: 'p', workload: synthetic(8 * MIB, 100), cpus: [0] };
    const machine = await Machine.create(machineOf([process], { monitor }), { executor: 'inline', observer: notes, check: true });
    await machine.run();
    await machine.close();
    const spans = notes.snapshots.map(({ endNs, start, end }) => ({ endNs, from: start[0] / MIB, to: end[end.length - 1] / MIB }));
    const before = spans.filter(({ endNs }) => endNs < atNs);
    const after = spans.filter(({ endNs }) => endNs > atNs + 5 * NS_PER_MS);
    expect(before.length).toBeGreaterThan(3);
    expect(after.length).toBeGreaterThan(3);
    expect(before.every(({ from, to }) => from === 0 && to === 4)).toBe(true);
    expect(after.every(({ from, to }) => from === 3 && to === 5)).toBe(true);
  });
});
