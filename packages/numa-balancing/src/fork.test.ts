import { describe, expect, it } from 'vitest';
import { cloneTask, exitTask, newMainTask } from './fork.js';
import { foundGroup } from './group.js';
import { bench, MS, plainMm } from './testing/fake-host.js';

describe('birth and death of threads', () => {
  const b = bench();
  b.memory.rss = 512 * 256;

  it('a main thread starts without stamp, preferred node and clock of the address space', () => {
    const mm = plainMm();
    const main = newMainTask(b.nb, mm, { pid: 10, cpu: 1 });
    expect(main).toMatchObject({ pid: 10, cpu: 1, numaScanPeriodMs: 1000, nodeStampNs: 0, numaPreferredNid: -1 });
    expect(mm.numaNextScan).toBe(0);
  });

  it('the first further thread restarts the scan delay, later ones do not', () => {
    const mm = plainMm();
    const main = newMainTask(b.nb, mm, { pid: 10, cpu: 1 });
    Object.assign(mm, { numaScanSeq: 3, numaNextScan: 7 });
    main.numaPreferredNid = 1;
    const worker = cloneTask(b.nb, main, { pid: 11, cpu: 2 }, 400 * MS);
    expect([mm.numaScanSeq, mm.numaNextScan]).toEqual([0, 100 + 250]);
    // Two ticks and 30000 "ms" taken for ns.
    expect(worker).toMatchObject({ numaScanPeriodMs: 1000, nodeStampNs: 8 * MS + 30_000, numaPreferredNid: 1, hasFaults: false });
    mm.nrThreads = 2;
    mm.numaScanSeq = 4;
    const late = cloneTask(b.nb, main, { pid: 12, cpu: 3 }, 900 * MS);
    expect([mm.numaScanSeq, mm.numaNextScan, late.numaScanSeq]).toEqual([4, 350, 4]);
  });

  it('a dying thread leaves its group', () => {
    const mm = plainMm();
    const main = newMainTask(b.nb, mm, { pid: 10, cpu: 1 });
    const group = foundGroup(0, main);
    exitTask(main);
    expect([group.nrTasks, main.numaGroup]).toEqual([0, undefined]);
    exitTask(main);
    expect(group.nrTasks).toBe(0);
  });
});
