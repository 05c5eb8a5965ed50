import { NS_PER_MS } from '@damonlab/base';
import { Mark } from '@damonlab/mm';
import { expect, it } from 'vitest';
import { Machine } from './machine.js';
import { MoveLog } from './move-log.js';
import { buildProcesses } from './processes.js';
import { MIB, machineOf, Notes, phases } from './testing/small-machines.js';

const THREE_NODES = {
  name: 'three',
  nodes: [0, 1, 2].map(() => ({ cpus: 1, memoryBytes: 16 * MIB })),
  distance: [0, 1, 2].map((from) => [0, 1, 2].map((to) => (from === to ? 10 : 20))),
  latencyNs: [0, 1, 2].map(() => [10, 10, 10]),
};

/** A machine that never ran, whose process has its pages on node 0, and a log of what moves between nodes 0 and 1. */
async function logged() {
  const config = machineOf([{ name: 'p', workload: phases([10], 8), cpus: [0] }], { topology: THREE_NODES });
  const machine = await Machine.create(config, { executor: 'inline', observer: new Notes() });
  await machine.close();
  const { memory } = machine;
  const processes = buildProcesses(config);
  const [{ space }] = processes;
  const [vma] = space.vmas;
  let nowMs = 0;
  const log = new MoveLog({ memory, processes, nrNodes: 3, nowNs: () => nowMs * NS_PER_MS });
  const ptes = [0, 1, 2, 3].map((i) => vma.firstPte + i);
  for (const pte of ptes) {
    memory.handleFault(space, vma, pte, 0);
    memory.lruAdd.drain(0);
  }
  return {
    touch: (i: number) => {
      memory.image.marks8[4 * ptes[i] + Mark.touched] = 1;
    },
    move: (i: number, nid: number, ms: number) => {
      nowMs = ms;
      expect(memory.migrateFolio(ptes[i], nid)).toBe(true);
    },
    /** As the window log does: the truth is taken after it. */
    window: (startMs: number, endMs: number) => {
      log.endWindow(startMs * NS_PER_MS, endMs * NS_PER_MS);
      for (const pte of ptes) memory.image.marks8[4 * pte + Mark.touched] = 0;
      return [log.take(0, 1), log.take(1, 0)].map(({ back, used, usedNs }) => [back, used, usedNs / NS_PER_MS]);
    },
  };
}

const NONE = [0, 0, 0];

it('counts from the begin of the window of the first touch, and forgets it when the page has moved', async () => {
  const { touch, move, window } = await logged();
  touch(0);
  expect(window(0, 50)).toEqual([NONE, NONE]);
  touch(0);
  touch(1);
  // Page 0 was used since the first window, page 1 since this one; page 2 never.
  for (const i of [0, 1, 2]) move(i, 1, 80);
  expect(window(50, 100)).toEqual([[0, 2, 80 + 30], NONE]);
  // What was touched before it moved counts where it is at the end of the window.
  move(0, 0, 120);
  expect(window(100, 150)).toEqual([NONE, [1, 1, 70]]);
  for (const start of [150, 200]) {
    touch(3);
    expect(window(start, start + 50)).toEqual([NONE, NONE]);
  }
  move(3, 1, 260);
  expect(window(250, 300)).toEqual([[0, 1, 110], NONE]);
});

it('a page that comes back within a second has gone to and fro', async () => {
  const { move, window } = await logged();
  move(0, 1, 10);
  move(1, 1, 10);
  move(0, 0, 1009);
  move(1, 0, 1010);
  // Now it came from node 1.
  move(0, 1, 1100);
  expect(window(0, 1200)).toEqual([
    [1, 0, 0],
    [1, 0, 0],
  ]);
  // Over node 2 nobody came back.
  move(2, 2, 1300);
  move(2, 1, 1310);
  move(2, 0, 1320);
  expect(window(1200, 1400)).toEqual([NONE, NONE]);
});
