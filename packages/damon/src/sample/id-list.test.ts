import { UserError } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIdList, parseCpuList, parseTidList } from './id-list.js';

const CPUS = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8]);

describe('parseCpuList', () => {
  it.each([
    ['0', [0]],
    ['0-3,8', [0, 1, 2, 3, 8]],
    [' 8 , 0-1 ', [0, 1, 8]],
    ['3-3', [3]],
    ['0-2,1-4,1', [0, 1, 2, 3, 4]],
  ])('%j', (text, cpus) => {
    expect(parseCpuList(text, CPUS, 'cpumask')).toEqual(cpus);
  });

  it.each(['', ' ', ',', '1,', '3-1', '1-', '-1', '1.5', '0x1', '0-7:1/2', 'all', '1 2', '1--2'])('refuses %j', (text) => {
    expect(() => parseCpuList(text, CPUS, 'filters/0: cpumask')).toThrow(UserError);
    expect(() => parseCpuList(text, CPUS, 'filters/0: cpumask')).toThrow(/^filters\/0: cpumask: bad CPU list\n.*CPUs 0-8\n/);
  });

  it.each([
    ['9', '9'],
    ['0-3,8-99999999999999', '9'],
    ['7-10', '9'],
  ])('%j names a CPU that is not there', (text, cpu) => {
    expect(() => parseCpuList(text, CPUS, 'cpumask')).toThrow(`cpumask: unknown CPU\n  expected: CPUs 0-8\n  actual:   ${cpu}`);
  });

  it('reads what formatIdList writes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200), { minLength: 1 }), (ids) => {
        const sorted = [...ids].sort((a, b) => a - b);
        expect(parseCpuList(formatIdList(sorted), new Set(ids), 'cpumask')).toEqual(sorted);
      }),
    );
  });
});

it('parseTidList', () => {
  const tids = new Set([100, 101, 205]);
  expect(parseTidList('205,100', tids, 'tid_arr')).toEqual([100, 205]);
  expect(() => parseTidList('100,102', tids, 'tid_arr')).toThrow(
    'tid_arr: unknown thread\n  expected: threads 100-101,205\n  actual:   102',
  );
});

it.each([
  [[], ''],
  [[4], '4'],
  [[0, 1, 2, 3, 8], '0-3,8'],
  [[1, 3, 5, 6], '1,3,5-6'],
])('formatIdList(%j)', (ids, text) => {
  expect(formatIdList(ids)).toBe(text);
});
