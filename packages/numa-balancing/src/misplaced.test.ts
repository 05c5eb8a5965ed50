import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CPUPID_UNSET, cpuPidToCpupid } from './cpupid.js';
import { Stat } from './fault-buckets.js';
import { foundGroup } from './group.js';
import { mpolMisplaced, shouldNumaMigrateMemory } from './misplaced.js';
import { NumaMode } from './mode.js';
import { type Bench, bench, MS, plainFault, plainTask, TIERED } from './testing/fake-host.js';

const ME = 100;
const OTHER = 101;
const PAGE_NO = 42;

interface Case {
  last: 'unset' | 'me-here' | 'me-there' | 'other-here' | 'other-there';
  preferred?: number;
  seq?: number;
  /** CPU faults [src, dst] and memory faults [src, dst] of the group. */
  group?: { cpu: [number, number]; mem: [number, number] };
}

const SRC = 0;
const DST = 1;
const WORDS = {
  unset: CPUPID_UNSET,
  'me-here': cpuPidToCpupid(3, ME),
  'me-there': cpuPidToCpupid(1, ME),
  'other-here': cpuPidToCpupid(3, OTHER),
  'other-there': cpuPidToCpupid(1, OTHER),
};

/** Thread `ME` on CPU 2, node 1, touches a page of node 0. */
function decide(b: Bench, { last, preferred = DST, seq = 5, group }: Case): boolean {
  const task = plainTask(b, { pid: ME, cpu: 2 });
  Object.assign(task, { numaPreferredNid: preferred, numaScanSeq: seq });
  if (group !== undefined) {
    const { faults } = foundGroup(0, task);
    [SRC, DST].forEach((nid) => {
      faults.add(Stat.cpu, nid, 1, group.cpu[nid]);
      faults.add(Stat.mem, nid, 0, group.mem[nid]);
    });
  }
  b.memory.words.set(PAGE_NO, WORDS[last]);
  const yes = shouldNumaMigrateMemory(b.nb, task, plainFault(task.mm, PAGE_NO, SRC), DST, 0);
  expect(b.memory.words.get(PAGE_NO)).toBe(cpuPidToCpupid(2, ME));
  return yes;
}

describe('should_numa_migrate_memory in normal mode', () => {
  const even: NonNullable<Case['group']> = { cpu: [100, 100], mem: [100, 100] };
  it.each<[string, Case, boolean]>([
    ['4: first touch, no preferred node', { last: 'unset', preferred: -1, seq: 9 }, true],
    ['4: first touch, early', { last: 'unset', seq: 4 }, true],
    ['4: own page from elsewhere, early', { last: 'me-there', seq: 4 }, true],
    ['4: foreign page, early', { last: 'other-there', seq: 0, preferred: -1 }, false],
    ['5, late: first touch is not two touches, but no proof against', { last: 'unset' }, true],
    ['5: own page from elsewhere, late', { last: 'me-there' }, false],
    ['5: foreign page from elsewhere', { last: 'other-there' }, false],
    ['6: own page from here', { last: 'me-here' }, true],
    ['7: foreign page from here, no group', { last: 'other-here' }, true],
    ['6: own page from here, whatever the group', { last: 'me-here', group: { cpu: [100, 0], mem: [0, 100] } }, true],
    ['8: group runs here three times as much', { last: 'other-here', group: { cpu: [100, 301], mem: [0, 999] } }, true],
    ['8: not quite', { last: 'other-here', group: { cpu: [100, 300], mem: [0, 999] } }, false],
    ['9: even', { last: 'other-here', group: even }, false],
    ['9: a third more memory there', { last: 'other-here', group: { cpu: [100, 100], mem: [134, 100] } }, true],
    ['9: not quite', { last: 'other-here', group: { cpu: [100, 100], mem: [133, 100] } }, false],
    ['9: first touch of a group, late', { last: 'unset', group: even }, false],
    ['5: before 8', { last: 'other-there', group: { cpu: [0, 100], mem: [100, 0] } }, false],
  ])('%s', (_name, c, yes) => {
    expect(decide(bench(), c)).toBe(yes);
  });

  it('1: not to a node without memory, and nothing is exchanged', () => {
    const b = bench({
      topology: {
        ...TIERED,
        nodes: [
          { cpus: 2, memoryBytes: 2 ** 31 },
          { cpus: 2, memoryBytes: 0 },
        ],
      },
    });
    const task = plainTask(b, { cpu: 2 });
    expect(shouldNumaMigrateMemory(b.nb, task, plainFault(task.mm, PAGE_NO, SRC), DST, 0)).toBe(false);
    expect(b.memory.words.size).toBe(0);
  });

  it.each([
    ['unset', CPUPID_UNSET, false],
    ['a time that no CPU has', 5000 << 8, false],
    ['known', cpuPidToCpupid(0, ME), true],
  ])('3: slow-tier page in normal mode, last %s', (_name, word, yes) => {
    const b = bench({ topology: TIERED });
    const task = plainTask(b, { cpu: 0, pid: ME });
    b.memory.words.set(PAGE_NO, word);
    expect(shouldNumaMigrateMemory(b.nb, task, plainFault(task.mm, PAGE_NO, 1), 0, 0)).toBe(yes);
  });

  it('compares 8 bits of the PID', () => {
    const b = bench();
    const task = plainTask(b, { pid: ME + 256, cpu: 2 });
    Object.assign(task, { numaPreferredNid: 1, numaScanSeq: 4 });
    b.memory.words.set(PAGE_NO, cpuPidToCpupid(0, ME));
    expect(shouldNumaMigrateMemory(b.nb, task, plainFault(task.mm, PAGE_NO, 0), 1, 0)).toBe(true);
  });

  it('agrees with the rules written as one expression', () => {
    const amount = fc.nat(400);
    const pair = fc.tuple(amount, amount) as fc.Arbitrary<[number, number]>;
    const last = fc.constantFrom<Case['last'][]>('unset', 'me-here', 'me-there', 'other-here', 'other-there');
    fc.assert(
      fc.property(last, fc.constantFrom(-1, 0, 1), fc.nat(8), fc.boolean(), pair, pair, (who, preferred, seq, grouped, cpu, mem) => {
        const group = grouped ? { cpu, mem } : undefined;
        const early = (preferred === -1 || seq <= 4) && (who === 'unset' || who.startsWith('me'));
        const filtered = who.endsWith('there');
        const shared = !grouped || cpu[1] > 3 * cpu[0] || cpu[1] * mem[0] * 3 > cpu[0] * mem[1] * 4;
        const expected = early || (!filtered && (who === 'me-here' || shared));
        expect(decide(bench(), { last: who, preferred, seq, ...(group === undefined ? {} : { group }) })).toBe(expected);
      }),
    );
  });
});

describe('mpol_misplaced under the default policy', () => {
  it('a page that is here stays, and keeps its cpupid', () => {
    const b = bench();
    const task = plainTask(b, { cpu: 2 });
    expect(mpolMisplaced(b.nb, task, plainFault(task.mm, PAGE_NO, 1), 0)).toBe(-1);
    expect(b.memory.words.size).toBe(0);
    expect(mpolMisplaced(b.nb, task, plainFault(task.mm, PAGE_NO, 0), 0)).toBe(1);
  });

  it('nothing moves in a VMA without migrate on fault', () => {
    const b = bench();
    const task = plainTask(b, { cpu: 2 });
    const fault = plainFault(task.mm, PAGE_NO, 0);
    fault.vma = { ...fault.vma, unsuitable: true };
    expect(mpolMisplaced(b.nb, task, fault, 0)).toBe(-1);
  });

  it('lab option: under an interleaving policy it is that node, wherever the thread is, and nobody asks who touched it last', () => {
    const b = bench();
    const task = plainTask(b, { cpu: 2 });
    const wanted = (nid: number, policyNid: number) => mpolMisplaced(b.nb, task, { ...plainFault(task.mm, PAGE_NO, nid), policyNid }, 0);
    expect([wanted(0, 1), wanted(1, 0), wanted(0, 0), wanted(1, 1)]).toEqual([1, 0, -1, -1]);
    expect(b.memory.words.size).toBe(0);
  });

  it('a slow-tier page in tiering mode goes by its latency', () => {
    const b = bench({ topology: TIERED, mode: NumaMode.memoryTiering });
    const task = plainTask(b, { cpu: 0 });
    b.memory.words.set(PAGE_NO, 4000);
    expect(mpolMisplaced(b.nb, task, plainFault(task.mm, PAGE_NO, 1), 4900 * MS)).toBe(0);
    expect(mpolMisplaced(b.nb, task, plainFault(task.mm, PAGE_NO, 1), 7000 * MS)).toBe(-1);
  });
});
