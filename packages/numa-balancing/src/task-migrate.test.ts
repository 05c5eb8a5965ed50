import { describe, expect, it } from 'vitest';
import { Stat } from './fault-buckets.js';
import { foundGroup, joinGroup } from './group.js';
import type { NumaTask } from './task.js';
import { groupWeight, numaMigratePreferred, taskNumaMigrate, taskWeight } from './task-migrate.js';
import { type Bench, bench, MS, plainTask } from './testing/fake-host.js';

/** A thread on `cpu` with memory faults [node 0, node 1]. */
function thread(b: Bench, pid: number, cpu: number, faults: [number, number], preferred = faults[1] > faults[0] ? 1 : 0): NumaTask {
  const task = plainTask(b, { pid, cpu });
  faults.forEach((pages, nid) => {
    task.numaFaults.add(Stat.mem, nid, 1, pages);
    task.totalNumaFaults += pages;
  });
  task.hasFaults = true;
  task.numaPreferredNid = preferred;
  return task;
}

describe('weights', () => {
  it('are thousandths, rounded down', () => {
    const b = bench();
    const task = thread(b, 1, 0, [1, 2]);
    expect([taskWeight(task, 0), taskWeight(task, 1), groupWeight(task, 0)]).toEqual([333, 666, 0]);
    const mate = thread(b, 2, 1, [3, 0]);
    joinGroup(foundGroup(0, mate), task);
    expect([groupWeight(task, 0), groupWeight(mate, 1)]).toEqual([666, 333]);
    expect(taskWeight(plainTask(b, { pid: 3 }), 0)).toBe(0);
  });
});

describe('numa_migrate_preferred', () => {
  it('goes home and tries again after a sixteenth of the scan period, at most a second', () => {
    const b = bench();
    const task = thread(b, 1, 0, [0, 10]);
    numaMigratePreferred(b.nb, task, 4000 * MS);
    expect(b.scheduler.moves).toEqual(['1>2']);
    expect(task.numaMigrateRetry).toBe(1000 + Math.floor(250 / 16));
    task.numaScanPeriodMs = 60_000;
    numaMigratePreferred(b.nb, task, 4000 * MS);
    expect(b.scheduler.moves).toHaveLength(1);
    expect(task.numaMigrateRetry).toBe(1000 + 250);
  });

  it('has nowhere to go without preferred node', () => {
    const b = bench();
    const task = thread(b, 1, 0, [0, 10], -1);
    numaMigratePreferred(b.nb, task, 4000 * MS);
    expect([b.scheduler.moves.length, task.numaMigrateRetry]).toEqual([0, 0]);
  });
});

describe('task_numa_migrate', () => {
  it('takes the idle CPU of a node that is not busier', () => {
    const b = bench();
    const task = thread(b, 1, 0, [0, 10]);
    thread(b, 2, 1, [10, 0]);
    thread(b, 3, 2, [0, 10]);
    // Two threads here, one there: afterwards one and two; tolerated up to one per node with CPUs.
    expect(taskNumaMigrate(b.nb, task)).toBe(true);
    expect([task.cpu, b.scheduler.moves]).toEqual([3, ['1>3']]);
  });

  it('does not crowd a node while its own would be left idle', () => {
    const b = bench({ imbNumaNr: 1 });
    const task = thread(b, 1, 0, [0, 10]);
    thread(b, 3, 2, [0, 10]);
    expect(taskNumaMigrate(b.nb, task)).toBe(false);
  });

  it('swaps with the thread for which that gains most', () => {
    const b = bench();
    const task = thread(b, 1, 0, [0, 10]);
    thread(b, 2, 1, [10, 0]);
    thread(b, 3, 2, [0, 10]);
    thread(b, 4, 3, [10, 0]);
    expect(taskNumaMigrate(b.nb, task)).toBe(true);
    expect(b.scheduler.moves).toEqual(['1<>4']);
    expect(task.cpu).toBe(3);
  });

  it('does not swap where the other would lose as much', () => {
    const b = bench();
    const task = thread(b, 1, 0, [0, 10]);
    thread(b, 2, 1, [10, 0]);
    thread(b, 3, 2, [0, 10]);
    thread(b, 4, 3, [0, 10]);
    expect(taskNumaMigrate(b.nb, task)).toBe(false);
    expect(b.scheduler.moves).toEqual([]);
  });

  it.each<[string, [number, number], number, boolean]>([
    // What the thread gains, what its partner prefers; the partner gains nothing.
    ['30 thousandths are enough', [485, 515], -1, true],
    ['less is not', [486, 514], -1, false],
    ['a partner at home costs a sixteenth', [485, 515], 1, false],
    ['which a greater gain pays', [484, 516], 1, true],
    ['a partner that wants to come adds an eighth', [486, 514], 0, true],
    ['but no more', [487, 513], 0, false],
  ])('%s', (_name, mine, partnerPrefers, swaps) => {
    const b = bench();
    const task = thread(b, 1, 0, mine);
    thread(b, 2, 1, [10, 0]);
    for (const cpu of [2, 3]) thread(b, cpu + 1, cpu, [500, 500], partnerPrefers);
    expect(taskNumaMigrate(b.nb, task)).toBe(swaps);
  });

  it.each<[string, [number, number], number, [number, number], number, number]>([
    // Faults and preferred node of the threads on CPU 2 and 3 → partner
    ['a little better is no reason to look further', [550, 450], -1, [555, 445], -1, 2],
    ['15 better is', [550, 450], -1, [560, 440], -1, 3],
    ['one that wants to come beats a greater gain', [500, 500], -1, [450, 550], 0, 3],
    ['and is not given up for one that does not', [500, 500], 0, [900, 100], -1, 2],
  ])('of two partners: %s', (_name, first, firstPrefers, second, secondPrefers, partner) => {
    const b = bench();
    const task = thread(b, 1, 0, [0, 10]);
    thread(b, 2, 1, [10, 0]);
    thread(b, 12, 2, first, firstPrefers);
    thread(b, 13, 3, second, secondPrefers);
    taskNumaMigrate(b.nb, task);
    expect(b.scheduler.moves).toEqual([`1<>1${partner}`]);
  });

  it('does not swap threads without group on a node that has room', () => {
    const b = bench({ imbNumaNr: 1 });
    const task = thread(b, 1, 0, [0, 10]);
    thread(b, 3, 2, [10, 0]);
    expect(taskNumaMigrate(b.nb, task)).toBe(false);
  });

  it.each([
    [1, ['1>2']],
    [0, []],
  ])('%d more waiting here than there: queues there where it gains more than a swap', (waiting, moves) => {
    const b = bench();
    const task = thread(b, 1, 0, [0, 10]);
    thread(b, 2, 1, [10, 0]);
    thread(b, 3, 2, [0, 10]);
    thread(b, 4, 3, [0, 10]);
    b.scheduler.waiting.set(0, waiting);
    taskNumaMigrate(b.nb, task);
    expect(b.scheduler.moves).toEqual(moves);
  });

  it('tries other nodes where the thread or its group gains', () => {
    const node = { cpus: 1, memoryBytes: 2 ** 30 };
    const ten = [10, 20, 20];
    const distance = [0, 1, 2].map((i) => [...ten.slice(3 - i), ...ten.slice(0, 3 - i)]);
    const topology = { name: 'three', nodes: [node, node, node], distance, latencyNs: distance };
    const run = (mine: [number, number, number], mates: [number, number, number]) => {
      const b = bench({ topology, imbNumaNr: 1 });
      const task = thread(b, 1, 0, [0, 0], 1);
      const mate = thread(b, 2, 1, [0, 0], 1);
      [mine, mates].forEach((faults, i) => {
        faults.forEach((pages, nid) => {
          const who = [task, mate][i];
          who.numaFaults.add(Stat.mem, nid, 1, pages);
          who.totalNumaFaults += pages;
        });
      });
      b.scheduler.pinned.add(mate);
      b.scheduler.waiting.set(0, 1);
      joinGroup(foundGroup(0, mate), task);
      taskNumaMigrate(b.nb, task);
      return [b.scheduler.moves, task.numaPreferredNid];
    };
    expect(run([0, 90, 10], [0, 100, 0])).toEqual([['1>2'], 2]);
    expect(run([0, 90, 10], [100, 0, 0])).toEqual([['1>2'], 2]);
    expect(run([20, 70, 10], [0, 60, 40])).toEqual([['1>2'], 2]);
    expect(run([20, 70, 10], [20, 70, 10])).toEqual([[], 0]);
  });

  it('a pinned thread stays, and a pinned partner is left alone', () => {
    const b = bench();
    const task = thread(b, 1, 0, [0, 10]);
    thread(b, 2, 1, [10, 0]);
    thread(b, 3, 2, [0, 10]);
    const partner = thread(b, 4, 3, [10, 0]);
    b.scheduler.pinned.add(partner);
    expect(taskNumaMigrate(b.nb, task)).toBe(false);
    b.scheduler.pinned.clear();
    b.scheduler.pinned.add(task);
    expect(taskNumaMigrate(b.nb, task)).toBe(false);
    expect(task.numaPreferredNid).toBe(1);
  });

  it('a grouped thread that cannot go settles where it is', () => {
    const b = bench();
    const task = thread(b, 1, 0, [0, 10]);
    foundGroup(0, task);
    b.scheduler.pinned.add(task);
    expect(taskNumaMigrate(b.nb, task)).toBe(false);
    expect(task.numaPreferredNid).toBe(0);
  });
});
