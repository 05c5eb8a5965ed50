import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stat } from './fault-buckets.js';
import { foundGroup, joinGroup } from './group.js';
import { numaProfile } from './profile.js';
import { taskNrScanWindows, taskScanMax, taskScanMin, taskScanStart, updateScanPeriod, updateTaskScanPeriod } from './scan-period.js';
import type { NumaTask } from './task.js';
import { type Bench, bench, MS, plainTask } from './testing/fake-host.js';
import { DEFAULT_TUNABLES } from './tunables.js';

const MIB = 256;

describe('bounds of the scan period', () => {
  it.each([
    // rss MiB, scan_size, period_min, period_max → windows, min, max
    [0, 256, 1000, 60_000, 1, 1000, 60_000],
    [1, 256, 1000, 60_000, 1, 1000, 60_000],
    [256, 256, 1000, 60_000, 1, 1000, 60_000],
    [257, 256, 1000, 60_000, 2, 500, 30_000],
    [512, 256, 1000, 60_000, 2, 500, 30_000],
    [2048, 256, 1000, 60_000, 8, 125, 7500],
    [4096, 256, 1000, 60_000, 16, 100, 3750],
    [262_144, 256, 1000, 60_000, 1024, 100, 100],
    [1024, 64, 1000, 60_000, 16, 62, 3750],
    [1024, 2048, 100, 60_000, 1, 1000, 60_000],
    [8192, 4096, 100, 60_000, 2, 1000, 30_000],
    [512, 300, 1000, 60_000, 2, 500, 30_000],
    [3000, 300, 1000, 60_000, 10, 125, 6000],
  ])('rss %d MiB, size %d, %d..%d ms: %d windows, %d to %d ms', (rss, scanSizeMb, scanPeriodMinMs, scanPeriodMaxMs, windows, min, max) => {
    const b = bench({ tunables: { ...DEFAULT_TUNABLES, scanSizeMb, scanPeriodMinMs, scanPeriodMaxMs } });
    const task = plainTask(b);
    b.memory.rss = rss * MIB;
    expect(taskNrScanWindows(b.nb, task)).toBe(windows);
    expect(taskScanMin(b.nb, task)).toBe(min);
    expect(taskScanStart(b.nb, task)).toBe(min);
    expect(taskScanMax(b.nb, task)).toBe(max);
  });

  it.each([
    // shared, private, members → start (min 500), max (30000)
    [0, 0, 1, 500, 30_000],
    [0, 999, 2, 500, 30_000],
    [999, 0, 2, 1000, 60_000],
    [499, 500, 2, 500, 30_000],
    [749, 250, 4, 1500, 90_000],
    [749, 250, 3, 1125, 67_500],
  ])('a group with %d shared, %d private faults and %d members: %d to %d ms', (shared, priv, members, start, max) => {
    const b = bench();
    b.memory.rss = 512 * MIB;
    const task = plainTask(b);
    const group = foundGroup(0, task);
    for (let i = 1; i < members; i++) joinGroup(group, plainTask(b, { pid: 200 + i }));
    group.faults.add(Stat.mem, 0, 0, shared);
    group.faults.add(Stat.mem, 1, 1, priv);
    expect(taskScanStart(b.nb, task)).toBe(start);
    expect(taskScanMax(b.nb, task)).toBe(max);
  });
});

interface Counts {
  remote?: number;
  local?: number;
  failed?: number;
  shared?: number;
  priv?: number;
}

/** Add what was faulted on since the last placement, then do as a placement does. */
function place(b: Bench, task: NumaTask, { remote = 0, local = 0, failed = 0, shared = 0, priv = 0 }: Counts, nowNs = 0): number {
  task.locality[0] += remote;
  task.locality[1] += local;
  task.locality[2] += failed;
  updateTaskScanPeriod(b.nb, task, shared, priv, nowNs);
  return task.numaScanPeriodMs;
}

describe('update_task_scan_period', () => {
  const fresh = (kernel: '7.3' | '6.12', periodMs = 1000) => {
    const b = bench({ profile: numaProfile(kernel) });
    b.memory.rss = 512 * MIB;
    const task = plainTask(b);
    task.numaScanPeriodMs = periodMs;
    task.numaScanPeriodMaxMs = taskScanMax(b.nb, task);
    return { b, task };
  };

  it.each<[string, number, Counts, number]>([
    ['all private, local', 1000, { local: 100, priv: 100 }, 1300],
    ['again', 1300, { local: 100, priv: 100 }, 1690],
    ['private 70 %', 1000, { local: 1, remote: 99, priv: 70, shared: 30 }, 1100],
    ['private 80 %', 1000, { local: 1, remote: 99, priv: 80, shared: 20 }, 1100],
    ['private 90 %', 1000, { local: 1, remote: 99, priv: 90, shared: 10 }, 1200],
    ['shared, 70 % local', 1000, { local: 70, remote: 30, priv: 10, shared: 90 }, 1100],
    ['shared, all local', 1000, { local: 100, shared: 100 }, 1300],
    ['shared, half local', 1000, { local: 50, remote: 50, priv: 10, shared: 90 }, 800],
    ['half private, all remote', 1000, { remote: 100, local: 0, priv: 50, shared: 50 }, 800],
    ['shared, all remote: the minimum', 1000, { remote: 100, shared: 100 }, 500],
    ['shared, all remote: seven slots', 5000, { remote: 100, shared: 100 }, 1500],
    ['slot rounded up', 1001, { local: 50, remote: 50, priv: 10, shared: 90 }, 1001 - 2 * 101],
    ['the maximum', 29_000, { local: 100, priv: 100 }, 30_000],
    ['all remote and private: nothing local or shared', 1000, { remote: 63_000, priv: 63_000 }, 2000],
    ['no faults at all', 1690, {}, 3380],
    ['doubling ends at the maximum', 20_000, {}, 30_000],
    ['one failed migration', 1000, { local: 100, priv: 100, failed: 1 }, 2000],
  ])('%s: %d ms with %o → %d ms', (_name, period, counts, expected) => {
    for (const kernel of ['7.3', '6.12'] as const) {
      const { b, task } = fresh(kernel, period);
      expect(place(b, task, counts)).toBe(expected);
    }
  });

  it('pushes the next pass of the whole process back when it doubles', () => {
    const { b, task } = fresh('7.3');
    place(b, task, {}, 8000 * MS);
    expect(task.mm.numaNextScan).toBe((8000 + 2000) / 4);
    place(b, task, { local: 10, priv: 10 }, 12_000 * MS);
    expect(task.mm.numaNextScan).toBe((8000 + 2000) / 4);
  });

  it.each([
    ['6.12', [2000, 2400]],
    ['7.3', [2000, 1600]],
  ] as const)('%s: early remote faults and the second placement', (kernel, periods) => {
    const { b, task } = fresh(kernel);
    expect([
      place(b, task, { remote: 63_000, priv: 63_000 }),
      place(b, task, { remote: 2000, local: 63_000, shared: 32_500, priv: 32_500 }),
    ]).toEqual(periods);
  });

  it.each([
    ['6.12', [2000, 4000, 5200, 6760]],
    ['7.3', [2000, 4000, 8000, 16_000]],
  ] as const)('%s: one failed migration and what follows', (kernel, periods) => {
    const { b, task } = fresh(kernel);
    const clean: Counts = { local: 65_000, priv: 65_000 };
    expect([
      place(b, task, { remote: 63_000, priv: 63_000 }),
      place(b, task, { ...clean, failed: 1 }),
      place(b, task, clean),
      place(b, task, clean),
    ]).toEqual(periods);
  });

  it('agrees with the formulas on any counts, stays in its bounds and clears its counters', () => {
    const count = fc.nat(200_000);
    fc.assert(
      fc.property(
        fc.integer({ min: 500, max: 30_000 }),
        count,
        count,
        count,
        fc.nat(1),
        count,
        (period, remote, local, shared, failed, priv) => {
          fc.pre(shared + priv > 0 && remote + local > 0);
          const { b, task } = fresh('6.12', period);
          const got = place(b, task, { remote, local, failed, shared, priv });
          expect(got).toBe(reference(period, { remote, local, failed, shared, priv }));
          expect(Array.from(task.locality)).toEqual([0, 0, 0]);
        },
      ),
    );
  });
});

/** The rule for 512 MiB and default settings, with exact integers. */
function reference(period: number, { remote = 0, local = 0, failed = 0, shared = 0, priv = 0 }: Counts): number {
  if (local + shared === 0 || failed > 0) return Math.min(30_000, period * 2);
  const tenths = (a: number, b: number) => Number((BigInt(a) * 10n) / BigInt(a + b));
  const lr = tenths(local, remote);
  const ps = tenths(priv, shared);
  const steps = ps >= 7 ? Math.max(ps - 7, 1) : lr >= 7 ? Math.max(lr - 7, 1) : -(7 - Math.max(lr, ps));
  return Math.min(30_000, Math.max(500, period + steps * Math.ceil(period / 10)));
}

describe('update_scan_period: a thread comes to another node', () => {
  it.each([
    // seq, preferred, from CPU, to CPU → restarted
    ['within a node', 3, 1, 0, 1, false],
    ['home', 3, 1, 0, 2, false],
    ['away from home', 3, 0, 0, 2, true],
    ['still away', 3, 5, 0, 2, false],
    ['no home yet', 3, -1, 0, 2, true],
    ['home, before the first placement', 0, 1, 0, 2, true],
  ])('%s', (_name, seq, preferred, from, to, restarted) => {
    const b = bench();
    const task = plainTask(b);
    Object.assign(task, { numaScanSeq: seq, numaPreferredNid: preferred, hasFaults: true, numaScanPeriodMs: 7777 });
    updateScanPeriod(b.nb, task, from, to);
    expect(task.numaScanPeriodMs).toBe(restarted ? 1000 : 7777);
  });
});
