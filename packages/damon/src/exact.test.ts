import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mulDiv, mulHigh32, scale64, weightedAverage } from './exact.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 2 ** 47 }));

describe('exact arithmetic agrees with BigInt', () => {
  it('mulDiv', () => {
    const operands = fc
      .tuple(u32, bytes, bytes)
      .filter(([a, b, d]) => (BigInt(a) * BigInt(b)) / BigInt(d) <= BigInt(Number.MAX_SAFE_INTEGER));
    fc.assert(
      fc.property(operands, ([a, b, d]) => {
        expect(BigInt(mulDiv(a, b, d))).toBe((BigInt(a) * BigInt(b)) / BigInt(d));
      }),
      { numRuns: 2_000 },
    );
  });

  it('mulDiv of products around and above 2^53', () => {
    const factor = fc.integer({ min: 2 ** 26, max: 2 ** 27 });
    fc.assert(
      fc.property(factor, factor, fc.integer({ min: 3, max: 99 }), (a, b, d) => {
        expect(BigInt(mulDiv(a, b, d))).toBe((BigInt(a) * BigInt(b)) / BigInt(d));
      }),
      { numRuns: 2_000 },
    );
    // The least square whose rounding to a double changes its third.
    expect(mulDiv(94_906_269, 94_906_269, 3)).toBe(3_002_399_965_166_787);
  });

  it('mulDiv right below an integer quotient', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 26 }), fc.integer({ min: 1, max: 2 ** 26 }), (quotient, divisor) => {
        expect(mulDiv(quotient * divisor - 1, 1, divisor)).toBe(quotient - 1);
        expect(mulDiv(quotient * divisor, 1, divisor)).toBe(quotient);
      }),
    );
  });

  it('weightedAverage', () => {
    fc.assert(
      fc.property(u32, bytes, u32, bytes, (a, wa, b, wb) => {
        const expected = (BigInt(a) * BigInt(wa) + BigInt(b) * BigInt(wb)) / (BigInt(wa) + BigInt(wb));
        expect(BigInt(weightedAverage(a, wa, b, wb))).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('mulHigh32', () => {
    fc.assert(
      fc.property(u32, u32, (a, b) => {
        expect(BigInt(mulHigh32(a, b))).toBe((BigInt(a) * BigInt(b)) >> 32n);
      }),
    );
    expect(mulHigh32(0xffff_ffff, 0xffff_ffff)).toBe(0xffff_fffe);
  });

  it('scale64', () => {
    const span = fc.oneof(bytes, fc.integer({ min: 2 ** 32, max: Number.MAX_SAFE_INTEGER }));
    fc.assert(
      fc.property(u32, u32, span, (high, low, s) => {
        expect(BigInt(scale64(high, low, s))).toBe((((BigInt(high) << 32n) + BigInt(low)) * BigInt(s)) >> 64n);
      }),
      { numRuns: 2_000 },
    );
    expect(scale64(0xffff_ffff, 0xffff_ffff, Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER - 1);
  });
});
