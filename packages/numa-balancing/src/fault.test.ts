import { describe, expect, it } from 'vitest';
import { CPUPID_UNSET, cpuPidToCpupid } from './cpupid.js';
import { doNumaPage, resetCpupidAcrossTiers } from './fault.js';
import { Stat } from './fault-buckets.js';
import { foundGroup, joinGroup } from './group.js';
import { NumaMode } from './mode.js';
import { type NumaFault, Tnf } from './numa-fault.js';
import { bench, MS, plainFault, plainMm, plainTask, TIERED } from './testing/fake-host.js';
import { pidActive } from './vma-pids.js';

const NOW = 2000 * MS;
const PAGE_NO = 42;

describe('do_numa_page', () => {
  it('a private remote page comes home on the first touch', () => {
    const b = bench();
    const task = plainTask(b, { cpu: 2 });
    const fault = plainFault(task.mm, PAGE_NO, 0);
    doNumaPage(b.nb, task, fault, NOW);
    expect([fault.flags, fault.targetNid]).toEqual([Tnf.migrated, 1]);
    expect(b.memory.nids.get(PAGE_NO)).toBe(1);
    expect(b.nb.vmstat).toMatchObject({ numa_hint_faults: 1, numa_hint_faults_local: 0, numa_pages_migrated: 1, pgmigrate_success: 1 });
    // It counts as remote, but for the node where the page is now.
    expect(Array.from(task.locality)).toEqual([1, 0, 0]);
    expect([task.numaFaults.get(Stat.membuf, 1, 1), task.numaFaults.get(Stat.cpubuf, 1, 1)]).toEqual([1, 1]);
    expect(task.numaPagesMigrated).toBe(1);
  });

  it('a local page is counted and left alone', () => {
    const b = bench();
    const task = plainTask(b, { cpu: 2 });
    const fault = plainFault(task.mm, PAGE_NO, 1);
    doNumaPage(b.nb, task, fault, NOW);
    expect([fault.flags, fault.targetNid]).toEqual([Tnf.faultLocal, -1]);
    expect(b.nb.vmstat).toMatchObject({ numa_hint_faults: 1, numa_hint_faults_local: 1, numa_pages_migrated: 0 });
    expect(Array.from(task.locality)).toEqual([0, 1, 0]);
  });

  it.each([
    ['refused', 0],
    ['failed', 512],
  ] as const)('a migration that is %s', (outcome, pgmigrateFail) => {
    const b = bench();
    b.memory.outcome = outcome;
    const task = plainTask(b, { cpu: 2 });
    const fault: NumaFault = { ...plainFault(task.mm, PAGE_NO, 0), nrPages: 512 };
    doNumaPage(b.nb, task, fault, NOW);
    expect([fault.flags, fault.targetNid]).toEqual([Tnf.migrateFail, 1]);
    expect(Array.from(task.locality)).toEqual([512, 0, 512]);
    expect(task.numaFaults.get(Stat.membuf, 0, 1)).toBe(512);
    expect(b.nb.vmstat).toMatchObject({ numa_hint_faults: 1, numa_pages_migrated: 0, pgmigrate_success: 0, pgmigrate_fail: pgmigrateFail });
  });

  it('sets the PID bit of a VMA that the scanner knows', () => {
    const b = bench();
    const task = plainTask(b, { cpu: 2, pid: 1234 });
    const [vma] = task.mm.vmas;
    const numabState = { nextScan: 0, pidsActiveReset: 0, startScanSeq: 0, prevScanSeq: -1, pidsActive: new Uint32Array(4) };
    vma.numabState = numabState;
    doNumaPage(b.nb, task, plainFault(task.mm, PAGE_NO, 0), NOW);
    expect(pidActive(numabState.pidsActive, 1234)).toBe(true);
    expect(pidActive(numabState.pidsActive, 1235)).toBe(false);
  });

  it('looks at a new scan sequence once the retry time has passed, before it counts the fault', () => {
    const b = bench();
    const task = plainTask(b, { cpu: 2 });
    task.numaMigrateRetry = 500;
    task.mm.numaScanSeq = 1;
    doNumaPage(b.nb, task, plainFault(task.mm, PAGE_NO, 0), NOW);
    expect(task.numaScanSeq).toBe(0);
    doNumaPage(b.nb, task, plainFault(task.mm, PAGE_NO + 1, 0), NOW + 4 * MS);
    expect([task.numaScanSeq, task.numaPreferredNid, task.numaScanPeriodMs]).toEqual([1, 1, 2000]);
    expect([task.numaFaults.get(Stat.mem, 1, 1), task.numaFaults.get(Stat.membuf, 1, 1)]).toEqual([1, 1]);
  });

  it('the same object serves one fault after the other', () => {
    const b = bench();
    const task = plainTask(b, { cpu: 2 });
    const fault = plainFault(task.mm, PAGE_NO, 0);
    doNumaPage(b.nb, task, fault, NOW);
    Object.assign(fault, { nid: 1, writable: false });
    doNumaPage(b.nb, task, fault, NOW);
    expect([fault.flags, fault.targetNid]).toEqual([Tnf.noGroup | Tnf.faultLocal, -1]);
  });
});

describe('with the mode at 0, a left-over fault', () => {
  it('counts, exchanges the cpupid and migrates, as the kernel does, but is not learnt from', () => {
    const b = bench({ mode: 0 });
    const task = plainTask(b, { cpu: 2 });
    doNumaPage(b.nb, task, plainFault(task.mm, PAGE_NO, 0), NOW);
    expect(b.nb.vmstat).toMatchObject({ numa_hint_faults: 1, numa_pages_migrated: 1 });
    expect(b.memory.words.get(PAGE_NO)).toBe(cpuPidToCpupid(2, 100));
    expect(b.memory.nids.get(PAGE_NO)).toBe(1);
    expect([task.hasFaults, task.locality[0], task.numaFaults.get(Stat.membuf, 1, 1)]).toEqual([false, 0, 0]);
  });

  it('only becomes accessible again, where the leak is switched off', () => {
    const b = bench({ mode: 0, leakWhenOff: false });
    const task = plainTask(b, { cpu: 2 });
    const fault = plainFault(task.mm, PAGE_NO, 0);
    doNumaPage(b.nb, task, fault, NOW);
    expect(b.nb.vmstat).toMatchObject({ numa_hint_faults: 0, numa_pages_migrated: 0 });
    expect([b.memory.words.size, fault.flags, fault.targetNid]).toEqual([0, 0, -1]);
    b.nb.setMode(NumaMode.normal, NOW);
    doNumaPage(b.nb, task, fault, NOW);
    expect(b.nb.vmstat.numa_pages_migrated).toBe(1);
  });
});

describe('memory tiering', () => {
  it('promotes, forgets the time, and learns for the fast node only', () => {
    const b = bench({ topology: TIERED, mode: NumaMode.memoryTiering });
    const task = plainTask(b, { cpu: 0 });
    b.memory.words.set(PAGE_NO, 1900);
    doNumaPage(b.nb, task, plainFault(task.mm, PAGE_NO, 1), NOW);
    expect(b.nb.vmstat).toMatchObject({ pgpromote_success: 1, pgpromote_candidate: 1, numa_hint_faults_local: 0 });
    expect(b.memory.words.get(PAGE_NO)).toBe(CPUPID_UNSET);
    expect(Array.from(task.locality)).toEqual([1, 0, 0]);
    // The time in the word is not taken for somebody.
    expect([task.numaFaults.get(Stat.membuf, 0, 1), task.numaGroup]).toEqual([1, undefined]);
    // Too late for a second one, and a slow-tier page that stays teaches nothing.
    b.memory.words.set(PAGE_NO + 1, 100);
    doNumaPage(b.nb, task, plainFault(task.mm, PAGE_NO + 1, 1), NOW);
    expect(b.nb.vmstat).toMatchObject({ numa_hint_faults: 2, pgpromote_success: 1 });
    expect(Array.from(task.locality)).toEqual([1, 0, 0]);
  });

  it('in normal mode a move between tiers is no promotion and keeps the cpupid', () => {
    const b = bench({ topology: TIERED });
    const task = plainTask(b, { cpu: 0 });
    b.memory.words.set(PAGE_NO, cpuPidToCpupid(0, 100));
    doNumaPage(b.nb, task, plainFault(task.mm, PAGE_NO, 1), NOW);
    expect(b.nb.vmstat).toMatchObject({ numa_pages_migrated: 1, pgpromote_success: 0 });
    resetCpupidAcrossTiers(b.nb, PAGE_NO, 1, 0);
    expect(b.memory.words.get(PAGE_NO)).toBe(cpuPidToCpupid(0, 100));
  });

  it('a slow-tier page that was never claimed teaches nothing in normal mode either', () => {
    const b = bench({ topology: TIERED });
    const task = plainTask(b, { cpu: 0 });
    doNumaPage(b.nb, task, plainFault(task.mm, PAGE_NO, 1), NOW);
    expect([b.nb.vmstat.numa_hint_faults, task.hasFaults]).toEqual([1, false]);
  });
});

describe('task_numa_group', () => {
  /** Thread 100 on CPU 2 touches a page last touched by thread 101 on CPU 3. */
  const meet = ({
    flags = {},
    sameMm = true,
    theirPid = 101,
  }: {
    flags?: Partial<NumaFault>;
    sameMm?: boolean;
    theirPid?: number;
  } = {}) => {
    const b = bench();
    const me = plainTask(b, { cpu: 2 });
    const other = plainTask(b, { cpu: 3, pid: theirPid, mm: sameMm ? me.mm : plainMm() });
    const touch = () => {
      b.memory.words.set(PAGE_NO, cpuPidToCpupid(3, 101));
      doNumaPage(b.nb, me, { ...plainFault(me.mm, PAGE_NO, 1), ...flags }, NOW);
    };
    return { b, me, other, touch };
  };

  it('founds a group of its own first', () => {
    const { me, other, touch } = meet();
    touch();
    expect([me.numaGroup?.nrTasks, me.numaGroup?.id, other.numaGroup]).toEqual([1, 0, undefined]);
    expect(me.numaFaults.get(Stat.membuf, 1, 0)).toBe(1);
  });

  it.each([
    ['its pages are only read', { flags: { writable: false } }],
    ['another thread runs there now', { theirPid: 102 }],
    ['another process, no shared mapping', { sameMm: false }],
  ])('does not join when %s', (_name, how) => {
    const { b, me, other, touch } = meet(how);
    foundGroup(b.nb.groupsFounded++, plainTask(b, { pid: 7, cpu: 0 }));
    other.numaGroup = foundGroup(1000, other);
    joinGroup(other.numaGroup, plainTask(b, { pid: 8, cpu: 1 }));
    touch();
    expect(me.numaGroup).not.toBe(other.numaGroup);
  });

  it('another process, not shared: counts as private', () => {
    const { me, other, touch } = meet({ sameMm: false });
    other.numaGroup = foundGroup(1000, other);
    touch();
    expect([me.numaFaults.get(Stat.membuf, 1, 0), me.numaFaults.get(Stat.membuf, 1, 1)]).toEqual([0, 1]);
  });

  it('another process through a shared mapping: joins', () => {
    const { me, other, touch } = meet({ sameMm: false, flags: { sharedMapping: true } });
    const group = foundGroup(1000, other);
    touch();
    expect(me.numaGroup).toBe(group);
    expect(group.nrTasks).toBe(2);
  });

  it('joins the larger group; of equals the older one gives way', () => {
    const { b, me, other, touch } = meet();
    const mine = foundGroup(5, me);
    const theirs = foundGroup(4, other);
    touch();
    expect(me.numaGroup).toBe(mine);
    joinGroup(theirs, plainTask(b, { pid: 9, cpu: 0 }));
    touch();
    expect(me.numaGroup).toBe(theirs);
    expect([mine.nrTasks, theirs.nrTasks]).toEqual([0, 3]);
  });

  it('a shared page between two active nodes of the group counts as local', () => {
    const { b, me, other, touch } = meet();
    const group = foundGroup(0, other);
    joinGroup(group, me);
    group.faults.add(Stat.cpu, 0, 1, 100);
    group.faults.add(Stat.cpu, 1, 1, 100);
    Object.assign(group, { activeNodes: 2, maxFaultsCpu: 100 });
    // A migrate retry far off keeps the placement from recounting.
    Object.assign(me, { numaMigrateRetry: 10 ** 9, numaPreferredNid: 1, numaScanSeq: 9 });
    b.memory.words.set(PAGE_NO, cpuPidToCpupid(1, 101));
    doNumaPage(b.nb, me, plainFault(me.mm, PAGE_NO, 0), NOW);
    expect(Array.from(me.locality)).toEqual([0, 1, 0]);
    touch();
    expect(Array.from(me.locality)).toEqual([0, 2, 0]);
  });
});
