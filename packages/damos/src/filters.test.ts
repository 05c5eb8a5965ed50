import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpsFilter, SchemeFilter } from './config.js';
import { layersOf, opsFilterOut } from './filters.js';

const anon = (allow: boolean, matching = true): OpsFilter => ({ type: 'anon', matching, allow });
const young = (allow: boolean, matching = true): OpsFilter => ({ type: 'young', matching, allow });

/** A folio, by the types that it is of. */
const isOf =
  (...types: string[]) =>
  (filter: OpsFilter) =>
    types.includes(filter.type);

describe('filters of folios', () => {
  it.each<[string, SchemeFilter[], string[], boolean]>([
    ['no filter lets all in', [], ['anon'], false],
    ['a hit keeps out', [anon(false)], ['anon'], true],
    ['no hit of one that keeps out', [anon(false)], [], false],
    ['a hit lets in', [anon(true)], ['anon'], false],
    ['no hit of one that lets in', [anon(true)], [], true],
    ['what is not of the type may be the hit', [anon(false, false)], [], true],
    ['the first hit decides', [young(true), anon(false)], ['anon', 'young'], false],
    ['the second decides if the first misses', [young(true), anon(false)], ['anon'], true],
    ['the last one gives the default: in', [young(true), anon(false)], [], false],
    ['the last one gives the default: out', [anon(false), young(true)], [], true],
  ])('%s', (_what, filters, types, out) => {
    expect(opsFilterOut(layersOf(filters), 'accept', isOf(...types))).toBe(out);
  });

  it('are not asked when a core filter let the region in', () => {
    expect(opsFilterOut(layersOf([anon(false)]), 'allow', isOf('anon'))).toBe(false);
  });

  it('without allow, order does not matter: any hit keeps out (6.12)', () => {
    const filter = fc.record({
      type: fc.constantFrom('anon' as const, 'young' as const),
      matching: fc.boolean(),
      allow: fc.constant(false),
    });
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 5 }), fc.subarray(['anon', 'young']), (filters, types) => {
        const out = filters.some(({ type, matching }) => types.includes(type) === matching);
        expect(opsFilterOut(layersOf(filters), 'accept', isOf(...types))).toBe(out);
        expect(opsFilterOut(layersOf([...filters].reverse()), 'accept', isOf(...types))).toBe(out);
      }),
    );
  });
});
