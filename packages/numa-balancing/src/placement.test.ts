import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Stat } from './fault-buckets.js';
import { countActiveNodes, foundGroup, isActiveNode, joinGroup } from './group.js';
import { taskNumaPlacement } from './placement.js';
import { Locality, type NumaTask } from './task.js';
import { type Bench, bench, MS, plainTask, TIERED } from './testing/fake-host.js';

/** Faults on `nid`, taken on `cpuNid`, as task_numa_fault leaves them. */
function fault(task: NumaTask, pages: number, { nid = 0, cpuNid = 0, priv = 1 }: { nid?: number; cpuNid?: number; priv?: number }): void {
  task.hasFaults = true;
  task.numaFaults.add(Stat.membuf, nid, priv, pages);
  task.numaFaults.add(Stat.cpubuf, cpuNid, priv, pages);
  task.locality[nid === cpuNid ? Locality.local : Locality.remote] += pages;
}

/** The next scan sequence has begun, `ranMs` of `periodMs` after the last one the thread has run. */
function nextSequence(b: Bench, task: NumaTask, ranMs = 1000, periodMs = ranMs): void {
  task.mm.numaScanSeq++;
  task.sumExecRuntimeNs += ranMs * MS;
  task.execStartNs += periodMs * MS;
  taskNumaPlacement(b.nb, task, task.execStartNs);
}

const mem = (task: NumaTask, nid: number) => task.numaFaults.onNode(Stat.mem, nid);
const cpu = (task: NumaTask, nid: number) => task.numaFaults.onNode(Stat.cpu, nid);

describe('task_numa_placement', () => {
  it('happens once per scan sequence', () => {
    const b = bench();
    const task = plainTask(b);
    fault(task, 10, {});
    taskNumaPlacement(b.nb, task, 0);
    expect(mem(task, 0)).toBe(0);
    nextSequence(b, task);
    expect([mem(task, 0), task.numaScanSeq]).toEqual([10, 1]);
    fault(task, 10, {});
    taskNumaPlacement(b.nb, task, 0);
    expect(mem(task, 0)).toBe(10);
  });

  it('halves what is old at every sequence', () => {
    const b = bench();
    const task = plainTask(b);
    fault(task, 1000, { nid: 1, cpuNid: 1, priv: 0 });
    nextSequence(b, task);
    const memory = [mem(task, 1)];
    for (let i = 0; i < 5; i++) {
      nextSequence(b, task);
      memory.push(mem(task, 1));
    }
    // The half that goes is rounded down.
    expect(memory).toEqual([1000, 500, 250, 125, 63, 32]);
    expect(task.totalNumaFaults).toBe(32);
  });

  it('weighs CPU faults by run time: 2^16 for all faults of a thread that always runs', () => {
    const b = bench();
    const task = plainTask(b);
    fault(task, 999, { cpuNid: 0 });
    nextSequence(b, task);
    // First time: load sum 47742 of 47742 + 1, 999 of 999 + 1 faults.
    const first = Math.floor((Math.floor((47_742 * 65_536) / 47_743) * 999) / 1000);
    expect(cpu(task, 0)).toBe(first);
    task.locality.fill(0);
    fault(task, 999, { cpuNid: 1 });
    nextSequence(b, task, 300, 1200);
    const quarter = Math.floor(Math.floor((300 * MS * 65_536) / (1200 * MS + 1)) * 0.999);
    expect([cpu(task, 0), cpu(task, 1)]).toEqual([first - Math.floor(first / 2), quarter]);
  });

  it('stays exact after hours of run time', () => {
    const b = bench();
    const task = plainTask(b);
    nextSequence(b, task);
    task.locality.fill(0);
    fault(task, 9, {});
    nextSequence(b, task, 7_200_000, 7_200_000);
    expect(cpu(task, 0)).toBe(Math.floor((65_535 * 9) / 10));
  });

  it('prefers the node with most memory faults, the lower one at a tie, and keeps its choice without faults', () => {
    const b = bench();
    const task = plainTask(b);
    const preferred: number[] = [];
    const steps: [node0: number, node1: number][] = [
      [0, 0],
      [0, 5],
      [5, 0],
      [20, 0],
      [0, 11],
    ];
    for (const [node0, node1] of steps) {
      fault(task, node0, { nid: 0 });
      fault(task, node1, { nid: 1 });
      nextSequence(b, task);
      preferred.push(task.numaPreferredNid);
    }
    // Sums: 0/0, 0/5, 5/3, 23/2, 12/12.
    expect(preferred).toEqual([-1, 1, 0, 0, 0]);
  });

  it('prefers the nearest node with CPUs to one without', () => {
    const b = bench({ topology: TIERED });
    const task = plainTask(b);
    fault(task, 10, { nid: 1 });
    nextSequence(b, task);
    expect(task.numaPreferredNid).toBe(0);
  });

  it('adapts the scan period with the faults of this sequence only', () => {
    const b = bench();
    const task = plainTask(b);
    fault(task, 100, { priv: 0 });
    nextSequence(b, task);
    expect(task.numaScanPeriodMs).toBe(1300);
    fault(task, 100, { nid: 1, priv: 1 });
    nextSequence(b, task);
    expect(task.numaScanPeriodMs).toBe(2600);
  });
});

describe('groups', () => {
  it('follow the group, not the thread', () => {
    const b = bench();
    const [task, mate] = [plainTask(b, { pid: 1 }), plainTask(b, { pid: 2, cpu: 2 })];
    joinGroup(foundGroup(0, mate), task);
    fault(mate, 100, { nid: 1, cpuNid: 1 });
    nextSequence(b, mate);
    fault(task, 10, { nid: 0 });
    nextSequence(b, task);
    expect([task.numaPreferredNid, mate.numaPreferredNid]).toEqual([1, 1]);
  });

  it('count nodes as active from more than a third of the busiest one', () => {
    const b = bench();
    const task = plainTask(b);
    const group = foundGroup(0, task);
    fault(task, 750, { cpuNid: 0 });
    fault(task, 249, { cpuNid: 1 });
    nextSequence(b, task);
    expect([group.activeNodes, isActiveNode(group, 0), isActiveNode(group, 1)]).toEqual([1, true, false]);
    task.locality.fill(0);
    fault(task, 600, { cpuNid: 0 });
    fault(task, 399, { cpuNid: 1 });
    nextSequence(b, task);
    expect(group.activeNodes).toBe(2);
  });

  it.each([
    [0, 0, 0],
    [300, 100, 1],
    [300, 101, 2],
    [0, 1, 1],
  ])('CPU faults %d and %d: %d active nodes', (node0, node1, active) => {
    const b = bench();
    const group = foundGroup(0, plainTask(b));
    group.faults.add(Stat.cpu, 0, 1, node0);
    group.faults.add(Stat.cpu, 1, 0, node1);
    countActiveNodes(group, b.nb.cpuNodes);
    expect(group.activeNodes).toBe(active);
  });

  it('a group is the sum of its members through any joins, placements and departures', () => {
    const step = fc.record({
      who: fc.nat(3),
      what: fc.constantFrom('fault', 'place', 'join', 'leave'),
      nid: fc.nat(1),
      priv: fc.nat(1),
      pages: fc.nat(5000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const b = bench();
        const tasks = [0, 1, 2, 3].map((i) => plainTask(b, { pid: i }));
        const groups = tasks.map((task, i) => foundGroup(i, task));
        for (const { who, what, nid, priv, pages } of steps) {
          const task = tasks[who];
          if (what === 'fault') fault(task, pages, { nid, cpuNid: nid, priv });
          else if (what === 'place') nextSequence(b, task, 700, 1000);
          else joinGroup(groups[what === 'join' ? (who + nid + 1) % 4 : who], task);
        }
        groups.forEach((group) => {
          const members = tasks.filter((task) => task.numaGroup === group);
          expect(group.nrTasks).toBe(members.length);
          expect(group.totalFaults).toBe(members.reduce((sum, m) => sum + m.totalNumaFaults, 0));
          group.faults.counts.forEach((count, i) => {
            expect(count).toBe(members.reduce((sum, m) => sum + m.numaFaults.counts[i], 0));
          });
        });
        for (const task of tasks) expect(task.totalNumaFaults).toBe(mem(task, 0) + mem(task, 1));
      }),
    );
  });
});
