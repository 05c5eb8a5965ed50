import { EXPORTER, noTables, RUN_FORMAT, type Run } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { figureTable, scenarioDiff } from './comparison.js';

/** A run that made `accesses` under a scenario. */
function runOf(name: string, seed: number, accesses: number, machine: object): Run {
  const scenario = { name, machine: { seed, ...machine } };
  const described = { name, seed, kernel: '7.3', intervals: null, scenario, format: RUN_FORMAT, formatVersion: 1 } as const;
  const counters = { tlbMisses: 0, pageFaults: 0, contextSwitches: 0, busyNs: 1 };
  return {
    ...{ path: name, name, state: 'complete', reason: null, intervals: null, targets: [], snapshots: [], truth: [], phases: [] },
    cpuCounters: [{ cpu: 0, startNs: 0, endNs: 1e9, accesses, ...counters }],
    ...{ attribution: [], accessTruth: [], tables: noTables(), counters: {} },
    manifest: { ...described, exporter: EXPORTER, scenarioHash: '', state: 'complete' },
  };
}

const runs = [runOf('a', 1, 10, { cpus: 4 }), runOf('a', 2, 14, { cpus: 4 }), runOf('b', 1, 99, { cpus: 8 })];

describe('a comparison of runs', () => {
  it('has seeds of one scenario as one column, with their interval', () => {
    const { columns, rows } = figureTable(['a-1', 'a-2', 'b-1'], runs);
    expect(columns).toEqual([
      { title: 'a', n: 2 },
      { title: 'b-1', n: 1 },
    ]);
    // Two values 4 apart: mean 12, standard error 2, t for one degree of freedom 12.7062.
    expect(rows.find(({ name }) => name === 'cpu.accesses')?.cells).toEqual(['12 ± 25', '99']);
    expect(rows.some(({ name }) => name === 'seed')).toBe(false);
  });

  it('has the keys in which the scenarios differ', () => {
    expect(scenarioDiff(runs)).toEqual([
      { key: 'name', values: ['a', 'a', 'b'] },
      { key: 'machine.seed', values: ['1', '2', '1'] },
      { key: 'machine.cpus', values: ['4', '4', '8'] },
    ]);
    expect(scenarioDiff([runs[0], runs[0]])).toEqual([]);
  });
});
