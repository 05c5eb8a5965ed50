import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { runOf } from '../test/build-run.js';
import { faults } from './faults.js';
import { renderReport } from './reports.js';

const run = runOf([], { counters: { pgfault: 3, ring_full: 0, armed: 12345, delivered: 12 } });
const STYLE = { color: false, width: 80 };

describe('faults', () => {
  it('has the counters of hinting faults that the run has, in the order of their way', () => {
    expect(faults(run).counters.map(({ counter, value }) => [counter, value])).toEqual([
      ['armed', 12345],
      ['delivered', 12],
      ['ring_full', 0],
    ]);
  });

  it('is readable', () => {
    expect(renderReport('faults', run, 'text', {}, STYLE)).toMatchInlineSnapshot(`
      "# counter   count  meaning
      armed      12,345  arms that took effect
      delivered      12  faults delivered to DAMON by the sharing rule
      ring_full       0  reports refused: the ring of the CPU was full
      "
    `);
    expect(renderReport('faults', run, 'csv', {}, STYLE)).toMatch(/^counter,value,meaning\narmed,12345,arms that took effect\n/);
  });

  it('says what to do when there are none', () => {
    const without = runOf([], { counters: { pgfault: 3 } });
    expect(() => faults(without)).toThrow(UserError);
    expect(() => faults(without)).toThrow(/--sample_primitives page_fault/);
  });
});
