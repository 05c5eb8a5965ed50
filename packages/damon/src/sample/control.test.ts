import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { checkSampleControl, DEFAULT_SAMPLE_CONTROL, pageFaultOwner, primitiveOf, type SampleControl } from './control.js';
import type { SampleFilter } from './filters.js';

const KNOWN = { cpus: new Set([0, 1, 2, 3]), tids: new Set([10, 11]) };
const FAULTS: SampleControl = { ...DEFAULT_SAMPLE_CONTROL, primitive: 'page_fault' };
const allow = { matching: true, allow: true };

describe('checkSampleControl', () => {
  it.each<[string, SampleControl]>([
    ['the default', DEFAULT_SAMPLE_CONTROL],
    [
      'faults, every filter',
      {
        ...FAULTS,
        filters: [
          { type: 'cpumask', cpus: [0, 3], ...allow },
          { type: 'threads', tids: [11], ...allow },
          { type: 'write', ...allow },
        ],
      },
    ],
    ['hinting faults where accesses cannot be sampled', { ...FAULTS, available: false }],
    ['sampled accesses', { ...FAULTS, primitive: 'sampled_accesses', sampledEvery: 1, channel: 'single_array', filterRule: 'literal' }],
  ])('takes %s', (_, control) => {
    checkSampleControl(control, KNOWN);
  });

  const filters = (filter: object): SampleControl => ({
    ...FAULTS,
    filters: [{ type: 'write', ...allow }, { ...allow, ...filter } as SampleFilter],
  });
  it.each<[string, SampleControl | object, string]>([
    [
      'primitive',
      { ...FAULTS, primitive: 'magic' },
      'sc: primitive: unknown word\n  expected: one of page_table, page_fault, sampled_accesses\n  actual:   magic',
    ],
    ['channel', { ...FAULTS, channel: 'pipe' }, 'sc: channel: unknown word'],
    ['rule', { ...FAULTS, filterRule: 'last' }, 'sc: filter_rule: unknown word'],
    ['disarm_at_check', { ...FAULTS, disarmAtCheck: 'N' }, 'sc: disarm_at_check: not a yes or no'],
    ['sampled_every 0', { ...FAULTS, sampledEvery: 0 }, 'sc: sampled_every: bad sampling rate'],
    ['sampled_every 1.5', { ...FAULTS, sampledEvery: 1.5 }, 'sc: sampled_every: bad sampling rate'],
    ['a sample for nothing', { ...FAULTS, sampleCostNs: 49 }, 'sc: sample_cost: bad cost of a sample'],
    ['available', { ...FAULTS, available: 'N' }, 'sc: available: not a yes or no'],
    [
      'a machine that cannot',
      { ...FAULTS, primitive: 'sampled_accesses', available: false },
      'sc: primitive: EOPNOTSUPP: this machine cannot sample accesses',
    ],
    [
      'filters on Accessed bits',
      { ...DEFAULT_SAMPLE_CONTROL, filters: [{ type: 'write', ...allow }] },
      'sc: sample_filters: Accessed bits',
    ],
    ['filter type', filters({ type: 'nid' }), 'sc: sample_filters/1: filter_type: unknown word'],
    [
      'unknown CPU',
      filters({ type: 'cpumask', cpus: [0, 4] }),
      'sc: sample_filters/1: cpumask: unknown CPU\n  expected: CPUs 0-3\n  actual:   4',
    ],
    ['no CPU', filters({ type: 'cpumask', cpus: [] }), 'sc: sample_filters/1: cpumask: no CPU named'],
    [
      'unknown thread',
      filters({ type: 'threads', tids: [12] }),
      'sc: sample_filters/1: tid_arr: unknown thread\n  expected: threads 10-11\n  actual:   12',
    ],
    ['matching', filters({ type: 'write', matching: 'N' }), 'sc: sample_filters/1: matching: not a yes or no'],
    ['allow', filters({ type: 'write', allow: 1 }), 'sc: sample_filters/1: allow: not a yes or no'],
  ])('refuses: %s', (_, control, message) => {
    const check = () => checkSampleControl(control as SampleControl, KNOWN, 'sc');
    expect(check).toThrow(UserError);
    expect(check).toThrow(message);
  });
});

describe('primitiveOf', () => {
  it.each([
    [{ page_table: true, page_fault: false }, 'page_table'],
    [{ page_table: false, page_fault: true }, 'page_fault'],
    [{ sampled_accesses: true }, 'sampled_accesses'],
  ])('%j', (enabled, primitive) => {
    expect(primitiveOf(enabled)).toBe(primitive);
  });

  it.each([
    [{}, 'sample_control: primitives_enabled: no access-check primitive is enabled'],
    [{ page_table: true, page_fault: true }, 'sample_control: primitives_enabled: primitives exclude each other'],
  ])('refuses %j', (enabled, message) => {
    expect(() => primitiveOf(enabled)).toThrow(message);
  });
});

/** The last cases of the KUnit suite "damon_drain" of the May 2026 ring series. */
describe('damon_drain: owner of the page-fault ring', () => {
  const context = (name: string, primitive: SampleControl['primitive']) => ({ name, control: { ...FAULTS, primitive } });

  it('two contexts with page_fault: EBUSY with the name of the owner', () => {
    expect(() => pageFaultOwner([context('a', 'page_table'), context('b', 'page_fault'), context('c', 'page_fault')])).toThrow(
      'c: sample_control: primitive: EBUSY: b owns the page-fault reports',
    );
  });

  it('only one: it is the owner; none: nobody', () => {
    expect(pageFaultOwner([context('a', 'sampled_accesses'), context('b', 'page_fault')])).toBe('b');
    expect(pageFaultOwner([context('a', 'page_table')])).toBeUndefined();
  });
});
