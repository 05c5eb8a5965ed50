import { describe, expect, it } from 'vitest';
import { type FilterRule, type SampleFilter, SampleFilters } from './filters.js';
import { reportOf } from './testing/reports.js';

const cpus = (list: number[], matching: boolean, allow: boolean): SampleFilter => ({ type: 'cpumask', cpus: list, matching, allow });
const tids = (list: number[], matching: boolean, allow: boolean): SampleFilter => ({ type: 'threads', tids: list, matching, allow });
const write = (matching: boolean, allow: boolean): SampleFilter => ({ type: 'write', matching, allow });

/** Eight kinds of report: CPU 1 or 5, thread 10 or 20, read or write. */
const REPORTS = [1, 5].flatMap((cpu) =>
  [10, 20].flatMap((tid) =>
    [false, true].map((isWrite) => ({ name: `cpu${cpu} tid${tid} ${isWrite ? 'write' : 'read'}`, cpu, tid, isWrite })),
  ),
);
const ALL = REPORTS.map(({ name }) => name);

function kept(filters: readonly SampleFilter[], rule: FilterRule): string[] {
  const judge = new SampleFilters(filters, rule);
  return REPORTS.filter((report) => judge.keeps(reportOf(report))).map(({ name }) => name);
}

const where = (words: string): string[] => ALL.filter((name) => words.split(' ').every((word) => name.includes(word)));

describe('sample filters: where the two rules differ', () => {
  it.each<[string, SampleFilter[], string[], string[]]>([
    ['no filter', [], ALL, ALL],
    ['allow cpumask 0-3: literal keeps all', [cpus([0, 1, 2, 3], true, true)], where('cpu1'), ALL],
    ['allow write: literal keeps all', [write(true, true)], where('write'), ALL],
    ['allow threads 10: literal keeps all', [tids([10], true, true)], where('tid10'), ALL],
    [
      "damo's write, cpus, tids, all allow: literal keeps all",
      [write(true, true), cpus([1], true, true), tids([10], true, true)],
      ALL.filter((name) => name !== 'cpu5 tid20 read'),
      ALL,
    ],
    ['reject write: literal drops all', [write(true, false)], where('read'), []],
    ['reject cpumask 0-3: literal drops all', [cpus([0, 1, 2, 3], true, false)], where('cpu5'), []],
    [
      'reject all but cpumask 0-3, allow write: literal is CPUs 0-3',
      [cpus([0, 1, 2, 3], false, false), write(true, true)],
      where('cpu1 write'),
      where('cpu1'),
    ],
    [
      'reject all but cpumask 0-3, allow any CPU: both are CPUs 0-3',
      [cpus([0, 1, 2, 3], false, false), cpus([1, 5], true, true)],
      where('cpu1'),
      where('cpu1'),
    ],
    [
      'allow write, then reject cpumask 0-3: damos lets writes of CPU 1 pass',
      [write(true, true), cpus([0, 1, 2, 3], true, false)],
      ALL.filter((name) => name.includes('write') || name.includes('cpu5')),
      [],
    ],
    ['reject reads, allow thread 10', [write(false, false), tids([10], true, true)], where('tid10 write'), where('write')],
  ])('%s', (_, filters, damos, literal) => {
    expect(kept(filters, 'damos')).toEqual(damos);
    expect(kept(filters, 'literal')).toEqual(literal);
  });
});

describe('sample filters: every list of up to three', () => {
  const SOME = [true, false].flatMap((matching) =>
    [true, false].flatMap((allow) => [cpus([1, 2], matching, allow), tids([20], matching, allow), write(matching, allow)]),
  );
  const lists: SampleFilter[][] = [[], ...SOME.flatMap((a) => [[a], ...SOME.flatMap((b) => [[a, b], ...SOME.map((c) => [a, b, c])])])];

  function matches(filter: SampleFilter, report: (typeof REPORTS)[number]): boolean {
    const says = { cpumask: report.cpu === 1, threads: report.tid === 20, write: report.isWrite }[filter.type];
    return says === filter.matching;
  }

  it('damos: the first match decides, else the opposite of the last', () => {
    for (const list of lists) {
      const expected = REPORTS.filter((report) => {
        const decides = list.find((filter) => matches(filter, report));
        return list.length === 0 || (decides === undefined ? list.at(-1)?.allow === false : decides.allow);
      }).map(({ name }) => name);
      expect(kept(list, 'damos'), JSON.stringify(list)).toEqual(expected);
    }
  });

  it('literal: without a reject filter all, with the last one rejecting none', () => {
    for (const list of lists) {
      const rejects = list.filter(({ allow }) => !allow);
      const expected =
        list.at(-1)?.allow === false
          ? []
          : REPORTS.filter((report) => !rejects.some((filter) => matches(filter, report))).map(({ name }) => name);
      expect(kept(list, 'literal'), JSON.stringify(list)).toEqual(expected);
    }
  });
});
