import { NS_PER_MS } from '@damonlab/base';
import { STAT_EVERYTHING } from '@damonlab/damos';
import { describe, expect, it } from 'vitest';
import type { MachineConfig, MonitorConfig } from './config.js';
import { Machine } from './machine.js';
import { ATTRS, MIB, MONITOR, machineOf, Notes, synthetic } from './testing/small-machines.js';

const TWO = ['a', 'b'].map((name, cpu) => ({ name, workload: synthetic(4 * MIB, 60), cpus: [cpu] }));
const SLOWER: MonitorConfig = { ...MONITOR, attrs: { ...ATTRS, sampleUs: 700, aggrUs: 7_000 } };

async function watch(changes: Partial<MachineConfig>, executor: 'inline' | 'lanes:2' = 'inline') {
  const notes = new Notes();
  const machine = await Machine.create(machineOf(TWO, changes), { executor, observer: notes, check: true });
  await machine.run();
  const counters = machine.runCounters();
  await machine.close();
  return { notes, counters };
}

describe('several kdamonds', () => {
  it('keep their own time, count together, and cut the truth wherever one of them completes a window', async () => {
    const { notes, counters } = await watch({ monitor: MONITOR, otherMonitors: [SLOWER] });
    const [first, second] = notes.byKdamond;
    expect(new Set(first.map(({ aggrUs }) => aggrUs))).toEqual(new Set([5_000]));
    expect(new Set(second.map(({ aggrUs }) => aggrUs))).toEqual(new Set([7_000]));
    const ends = new Set([...first, ...second].map(({ endNs }) => endNs));
    for (const end of ends) expect(notes.truths.some(({ endNs }) => endNs === end)).toBe(true);
    expect(counters.nr_aggregations).toBe((first.length + second.length) / 2);
  });

  it('are the same whoever carries the CPUs', async () => {
    const config = { monitor: MONITOR, otherMonitors: [SLOWER, { ...MONITOR, startNs: 10 * NS_PER_MS }] };
    const [inline, lanes] = [await watch(config), await watch(config, 'lanes:2')];
    expect(lanes.notes).toEqual(inline.notes);
    expect(lanes.counters).toEqual(inline.counters);
  });

  it('clear each other the Accessed bits, as in the kernel: they share the page tables', async () => {
    const alone = await watch({ monitor: MONITOR });
    const together = await watch({ monitor: MONITOR, otherMonitors: [{ ...MONITOR, attrs: { ...ATTRS, minNrRegions: 90 } }] });
    const seen = ({ notes }: typeof alone) => notes.snapshots.flatMap(({ nrAccesses }) => [...nrAccesses]).reduce((sum, nr) => sum + nr, 0);
    expect(seen(together)).not.toBe(seen(alone));
  });
});

it('a kdamond watches the processes that it is told to, under their numbers', async () => {
  const schemes = [{ ...STAT_EVERYTHING, applyIntervalUs: 5_000 }];
  const { notes } = await watch({ monitor: { ...MONITOR, targets: [1], schemes }, otherMonitors: [{ ...MONITOR, targets: [1, 0] }] });
  const targets = notes.byKdamond.map((snapshots) => [...new Set(snapshots.map(({ targetId }) => targetId))]);
  expect(targets).toEqual([[1], [1, 0]]);
  expect(new Set(notes.tables.tried_regions.map(({ targetId }) => targetId))).toEqual(new Set([1]));
});

it('a pause stops windows and schemes for its time, and goes on with the window at hand', async () => {
  const [stop, goOn] = [20 * NS_PER_MS, 40 * NS_PER_MS];
  const commits = [
    { atNs: stop, attrs: ATTRS, pause: true },
    { atNs: goOn, attrs: ATTRS, pause: false },
  ];
  const { notes } = await watch({ monitor: { ...MONITOR, commits, schemes: [STAT_EVERYTHING] } });
  const ends = notes.snapshots.filter(({ targetId }) => targetId === 0).map(({ endNs }) => endNs);
  const slack = 6 * NS_PER_MS;
  expect(ends.filter((end) => end > stop + slack && end < goOn)).toEqual([]);
  expect(ends.some((end) => end < stop) && ends.some((end) => end > goOn)).toBe(true);
  expect(notes.tables.schemes.filter(({ atNs }) => atNs > stop + slack && atNs < goOn)).toEqual([]);
  // Sampled time is what the window lasted without the pause.
  expect(Math.max(...notes.snapshots.map(({ startNs, endNs }) => endNs - startNs))).toBeGreaterThan(goOn - stop - NS_PER_MS);
});
