import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonVma, type NumaVma, newNumaMm } from './mm.js';
import { numaProfile } from './profile.js';
import { type ScanPass, taskNumaWork, taskNumaWorkDone } from './scan.js';
import type { NumaTask } from './task.js';
import { taskTickNuma } from './task-tick.js';
import { type Bench, bench, MS, PAGE, plainTask } from './testing/fake-host.js';
import { scanAtOnce } from './testing/scan-at-once.js';
import { DEFAULT_TUNABLES } from './tunables.js';

const PMD = 2 ** 21;

function vma(firstPmd: number, pages: number): NumaVma {
  return anonVma({ start: firstPmd * PMD, end: firstPmd * PMD + pages * PAGE });
}

/** A pass of `task` at `nowNs`, if it is its turn. */
function pass(b: Bench, task: NumaTask, nowNs: number): ScanPass | undefined {
  return scanAtOnce(taskNumaWork(b.nb, task, nowNs), (chunk) => b.memory.changeProtNuma(chunk));
}

/** A thread in an address space of `vmas` whose first pass is due. */
function scanning(vmas: readonly NumaVma[], config: Parameters<typeof bench>[0] = {}): { b: Bench; task: NumaTask } {
  const b = bench(config);
  const mm = newNumaMm(vmas);
  mm.numaNextScan = 1;
  return { b, task: plainTask(b, { mm }) };
}

/** Passes at 2, 4, … s: PTEs updated and sequence after each. */
function passes(b: Bench, task: NumaTask, count: number, fromS = 2): [number | undefined, number][] {
  return Array.from({ length: count }, (_, i) => {
    const made = pass(b, task, (fromS + 2 * i) * 1000 * MS);
    return [made?.ptesUpdated, task.mm.numaScanSeq];
  });
}

describe('when task_numa_work scans', () => {
  it('starts the clock of a new address space and comes back after the scan delay', () => {
    const b = bench();
    const task = plainTask(b);
    expect(pass(b, task, 100 * MS)).toBeUndefined();
    expect(task.mm.numaNextScan).toBe(25 + 250);
    expect(pass(b, task, 1096 * MS)).toBeUndefined();
    expect(pass(b, task, 1100 * MS)).toMatchObject({ numaScanSeq: 0, numaScanPeriodMs: 1000, numaPreferredNid: -1 });
    expect(task.mm.numaNextScan).toBe(275 + 250);
    expect(task.nodeStampNs).toBe(8 * MS);
  });

  it('lets one thread of the process scan per period', () => {
    const { b, task } = scanning([vma(1, 512)]);
    const other = plainTask(b, { pid: 101, mm: task.mm });
    expect(pass(b, task, 2000 * MS)).toBeDefined();
    expect(pass(b, other, 2004 * MS)).toBeUndefined();
    expect(other.nodeStampNs).toBe(0);
    expect(pass(b, other, 3000 * MS)).toBeDefined();
  });

  it('rests 32 times as long as the pass took', () => {
    const { b, task } = scanning([vma(1, 512)]);
    pass(b, task, 2000 * MS);
    taskNumaWorkDone(task, 40 * MS);
    expect(task.nodeStampNs).toBe(8 * MS + 1280 * MS);
  });

  it.each([
    ['7.3', undefined, 1],
    ['6.12', 512, 0],
  ] as const)('%s: a cpuset of one memory node', (kernel, updated, skipped) => {
    const { b, task } = scanning([vma(1, 512)], { profile: numaProfile(kernel) });
    task.mm.cpusetNodes = 1;
    expect(passes(b, task, 1)[0][0]).toBe(updated);
    expect(b.nb.skipped.cpuset).toBe(skipped);
    task.mm.cpusetNodes = 2;
    expect(pass(b, task, 9000 * MS)).toBeDefined();
  });

  it('ticks ask for a pass once per period of CPU time, once the address space is due', () => {
    const b = bench();
    const task = plainTask(b);
    task.nodeStampNs = 8 * MS;
    task.mm.numaNextScan = 500;
    const due: number[] = [];
    for (let ms = 4; ms <= 5000; ms += 4) if (taskTickNuma(b.nb, task, ms * MS, ms * MS)) due.push(ms);
    // Periods end at 1008 and 2008 ms of CPU time, both after the tick of the same moment. The first comes too early for the address space.
    expect(due).toEqual([2012]);
    expect(task.workPending).toBe(true);
    pass(b, task, 5000 * MS);
    expect(task.workPending).toBe(false);
  });

  it('takes the start period at the first due tick of a thread without stamp', () => {
    const b = bench();
    b.memory.rss = 512 * 256;
    const task = plainTask(b);
    task.mm.numaNextScan = 1;
    expect(taskTickNuma(b.nb, task, 1000 * MS, 1000 * MS)).toBe(false);
    expect(taskTickNuma(b.nb, task, 1004 * MS, 1004 * MS)).toBe(true);
    expect([task.numaScanPeriodMs, task.nodeStampNs]).toEqual([500, 1000 * MS]);
  });

  it('does nothing while the mode is 0', () => {
    const b = bench({ mode: 0 });
    const task = plainTask(b);
    expect(taskTickNuma(b.nb, task, 9000 * MS, 9000 * MS)).toBe(false);
    expect([task.sumExecRuntimeNs, task.nodeStampNs]).toEqual([9000 * MS, 0]);
  });
});

describe('budget of a pass', () => {
  it('512 MB behind two stacks: 61450, 65536, 4098 PTEs', () => {
    // Two stacks of 8 MB with 5 pages each, two halves of 256 MB, the main stack with 2 pages.
    const stacks = [vma(10, 2048), vma(20, 2048)];
    const halves = [vma(100, 65_536), vma(300, 65_536)];
    const top = vma(600, 33);
    const { b, task } = scanning([...stacks, ...halves, top]);
    b.memory.arms = (start, end) => (start < 100 * PMD ? 5 : start >= top.start ? 2 : (end - start) / PAGE);
    expect(passes(b, task, 4)).toEqual([
      [61_450, 0],
      [65_536, 0],
      [4098, 1],
      [61_450, 1],
    ]);
    expect(b.nb.vmstat.numa_pte_updates).toBe(61_450 + 65_536 + 4098 + 61_450);
    expect(b.memory.scans.slice(0, 3)).toEqual([
      [10 * PMD, 14 * PMD],
      [20 * PMD, 24 * PMD],
      [100 * PMD, 220 * PMD],
    ]);
  });

  it('unarmed memory is charged an eighth', () => {
    const { b, task } = scanning([vma(1, 65_536 * 20)]);
    b.memory.arms = () => 0;
    const made = pass(b, task, 2000 * MS);
    expect(made).toMatchObject({ ptesUpdated: 0, pagesWalked: 65_536 * 8, chunks: 8 });
    expect(task.mm.numaScanOffset).toBe(PMD + 65_536 * 8 * PAGE);
  });

  it('chunks end at 2 MiB boundaries', () => {
    const { b, task } = scanning([anonVma({ start: PMD + 10 * PAGE, end: 500 * PMD })]);
    pass(b, task, 2000 * MS);
    expect(b.memory.scans).toEqual([[PMD + 10 * PAGE, 130 * PMD]]);
  });

  it('scan_size_mb sets it', () => {
    const { b, task } = scanning([vma(1, 65_536)], { tunables: { ...DEFAULT_TUNABLES, scanSizeMb: 16 } });
    expect(passes(b, task, 2)).toEqual([
      [4096, 0],
      [4096, 0],
    ]);
  });

  it('a budget that ends with the VMA leaves it open, the next VMA comes next', () => {
    const first = vma(1, 65_536);
    const { b, task } = scanning([first, vma(200, 512)]);
    expect(passes(b, task, 2)).toEqual([
      [65_536, 0],
      [512, 1],
    ]);
    expect(first.numabState?.prevScanSeq).toBe(-1);
  });
});

describe('VMAs that the scanner leaves alone', () => {
  it.each([
    ['unsuitable', { unsuitable: true }],
    ['shared_ro', { sharedRo: true }],
    ['inaccessible', { inaccessible: true }],
  ] as const)('%s', (reason, facts) => {
    const { b, task } = scanning([{ ...vma(1, 512), ...facts }, vma(2, 512)]);
    expect(passes(b, task, 1)).toEqual([[512, 1]]);
    expect(b.nb.skipped).toMatchObject({ [reason]: 1, seq_completed: 0 });
  });

  it('scan_delay: young VMAs, but not in the first sequence', () => {
    const { b, task } = scanning([vma(1, 512)]);
    expect(passes(b, task, 1)).toEqual([[512, 1]]);
    task.mm.vmas = [vma(1, 512)];
    pass(b, task, 4000 * MS);
    expect(b.nb.skipped.scan_delay).toBe(1);
    const made = pass(b, task, 5000 * MS);
    expect(made?.ptesUpdated).toBe(512);
  });

  it('seq_completed: found again in the same sequence', () => {
    const { b, task } = scanning([vma(1, 512), vma(2, 512)]);
    pass(b, task, 2000 * MS);
    task.mm.numaScanSeq = 0;
    task.mm.numaScanOffset = 0;
    expect(passes(b, task, 1, 4)).toEqual([[0, 1]]);
    expect(b.nb.skipped.seq_completed).toBe(2);
  });

  it('pid_inactive: from the third sequence on without faults, then one VMA is forced per pass', () => {
    const { b, task } = scanning([vma(1, 512), vma(2, 512), vma(3, 512)]);
    task.mm.nrThreads = 9;
    // Sequences 0 and 1 scan everything, each later one takes a forced pass per VMA.
    expect(passes(b, task, 6)).toEqual([
      [1536, 1],
      [1536, 2],
      [512, 2],
      [512, 2],
      [512, 2],
      [512, 3],
    ]);
    expect(b.nb.skipped.pid_inactive).toBe(3 + 2 + 1 + 3);
  });

  it('pid_inactive: the hash bit of the scanning thread opens the VMA, that of another does not', () => {
    const only = vma(1, 512);
    const { b, task } = scanning([only]);
    task.mm.nrThreads = 9;
    passes(b, task, 2);
    const { numabState } = only;
    if (numabState === undefined) throw new Error('not scanned');
    // 100 hashes to bit 12, 101 to bit 37.
    numabState.pidsActive[2] = 1 << 12;
    passes(b, task, 1, 6);
    expect(b.nb.skipped.pid_inactive).toBe(0);
    passes(b, plainTask(b, { pid: 101, mm: task.mm }), 1, 8);
    expect(b.nb.skipped.pid_inactive).toBe(1);
  });

  it('seq_completed: the forced pass goes over what the same pass has scanned already', () => {
    const active = vma(1, 512);
    const { b, task } = scanning([active, vma(2, 512)]);
    task.mm.nrThreads = 9;
    passes(b, task, 2);
    active.numabState?.pidsActive.fill(1 << 12);
    expect(passes(b, task, 1, 6)).toEqual([[1024, 2]]);
    expect(b.nb.skipped).toMatchObject({ pid_inactive: 1, seq_completed: 1 });
  });

  it('seq_completed: the forced pass starts behind what was found complete', () => {
    const complete = vma(1, 512);
    const { b, task } = scanning([complete, vma(2, 512)]);
    task.mm.nrThreads = 9;
    passes(b, task, 2);
    if (complete.numabState !== undefined) complete.numabState.prevScanSeq = 2;
    expect(passes(b, task, 1, 6)).toEqual([[512, 2]]);
    expect(b.nb.skipped).toMatchObject({ pid_inactive: 1, seq_completed: 1 });
  });

  it('ignore_pid_inactive: the scan goes on inside a VMA', () => {
    const { b, task } = scanning([vma(1, 65_536 * 2)]);
    task.mm.nrThreads = 9;
    passes(b, task, 4);
    expect(task.mm.numaScanSeq).toBe(2 - 1);
    passes(b, task, 2, 10);
    expect(b.nb.skipped.ignore_pid_inactive).toBeGreaterThan(0);
  });

  it('comes back to idle VMAs after one sequence more than there are threads', () => {
    const idle = vma(1, 512);
    const { b, task } = scanning([idle]);
    task.mm.nrThreads = 3;
    passes(b, task, 2);
    // Last scanned in sequence 1.
    task.mm.numaScanSeq = 4;
    b.memory.scans.length = 0;
    pass(b, task, 8000 * MS);
    expect(b.nb.skipped.pid_inactive).toBe(1);
    task.mm.numaScanSeq = 6;
    task.mm.numaScanOffset = 0;
    if (idle.numabState !== undefined) idle.numabState.prevScanSeq = 1;
    pass(b, task, 10_000 * MS);
    expect(b.nb.skipped.pid_inactive).toBe(1);
  });

  it('rotates the PID sets every four scan delays, also of VMAs that it then skips', () => {
    const only = vma(1, 512);
    const { b, task } = scanning([only]);
    task.mm.nrThreads = 99;
    passes(b, task, 2);
    const { numabState } = only;
    if (numabState === undefined) throw new Error('not scanned');
    numabState.pidsActive.set([0, 0, 5, 6]);
    // First seen at 2 s: next rotation after 2 + 1 + 4 s.
    pass(b, task, 7000 * MS);
    expect(Array.from(numabState.pidsActive)).toEqual([0, 0, 5, 6]);
    pass(b, task, 8000 * MS);
    expect(Array.from(numabState.pidsActive)).toEqual([5, 6, 0, 0]);
    pass(b, task, 12_000 * MS);
    expect(Array.from(numabState.pidsActive)).toEqual([0, 0, 0, 0]);
    expect(b.nb.skipped.pid_inactive).toBeGreaterThan(0);
  });
});

it('arms every page of accessed VMAs exactly once in a sequence, whatever the layout and the budget', () => {
  const layout = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 3000 }), fc.nat(511)), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(layout, fc.integer({ min: 1, max: 8 }), (parts, scanSizeMb) => {
      let at = PMD;
      const vmas = parts.map(([gapPmds, pages, offset]) => {
        const start = Math.ceil(at / PMD) * PMD + gapPmds * PMD + offset * PAGE;
        at = start + pages * PAGE;
        return anonVma({ start, end: at });
      });
      const { b, task } = scanning(vmas, { tunables: { ...DEFAULT_TUNABLES, scanSizeMb } });
      const scanned: [number, number][] = [];
      b.memory.arms = (start, end) => {
        // The pass that finds the list's end goes on in the next sequence.
        if (task.mm.numaScanSeq === 0) scanned.push([start, end]);
        return (end - start) / PAGE;
      };
      for (let s = 2; task.mm.numaScanSeq === 0; s += 2) {
        const walked = pass(b, task, s * 1000 * MS)?.pagesWalked ?? 0;
        // The last chunk may overrun its budget by less than the alignment.
        expect(walked).toBeLessThan(scanSizeMb * 256 + 512);
      }
      const merged: [number, number][] = [];
      for (const [start, end] of scanned) {
        const last = merged.at(-1);
        if (last?.[1] === start && !vmas.some((v) => v.start === start)) last[1] = end;
        else merged.push([start, end]);
      }
      expect(merged).toEqual(vmas.map((v) => [v.start, v.end]));
    }),
  );
});
