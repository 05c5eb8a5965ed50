import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assert } from './assert.js';
import { RunError, UserError } from './errors.js';
import { alignDown, alignUp, PAGE_BYTES, PAGE_SHIFT, PMD_BYTES, PTES_PER_PMD } from './units.js';

describe('errors', () => {
  it('a UserError says where, what, what was expected, what was found and what to do', () => {
    const error = new UserError('unknown key', { where: 'a.yaml: tlb', expected: 'entries, ways', actual: 'entris', hint: 'entries?' });
    expect(error.message).toBe('a.yaml: tlb: unknown key\n  expected: entries, ways\n  actual:   entris\n  hint:     entries?');
    expect(error.details.actual).toBe('entris');
    expect(error.name).toBe('UserError');
  });

  it('says nothing of what is not known', () => {
    expect(new UserError('no such CPU').message).toBe('no such CPU');
    expect(new UserError('no such CPU', { actual: '9' }).message).toBe('no such CPU\n  actual:   9');
  });

  it('a RunError is no UserError', () => {
    expect(new RunError('disk full')).not.toBeInstanceOf(UserError);
    expect(new RunError('disk full').name).toBe('RunError');
  });

  it('assert throws what is broken', () => {
    expect(() => assert(1 > 2, 'one is more than two')).toThrow('invariant broken: one is more than two');
    expect(() => assert(true, 'nothing')).not.toThrow();
  });
});

describe('units', () => {
  it('fit together', () => {
    expect(2 ** PAGE_SHIFT).toBe(PAGE_BYTES);
    expect(PTES_PER_PMD * PAGE_BYTES).toBe(PMD_BYTES);
    expect(PTES_PER_PMD).toBe(512);
  });

  it('align to the nearest multiple below and above', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 47 }), fc.integer({ min: 1, max: 2 ** 30 }), (value, unit) => {
        expect(alignDown(value, unit)).toBe(Math.floor(value / unit) * unit);
        expect(alignUp(value, unit)).toBe(Math.ceil(value / unit) * unit);
      }),
    );
  });
});
