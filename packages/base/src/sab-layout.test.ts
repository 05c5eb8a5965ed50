import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FieldType, type LayoutSpec, SabLayout } from './sab-layout.js';

const types = fc.constantFrom<FieldType>('u8', 'u16', 'i32', 'u32', 'f64');
const specs: fc.Arbitrary<LayoutSpec> = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.tuple(types, fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 300 }))),
  { minKeys: 1, maxKeys: 8 },
);

describe('SabLayout', () => {
  it('gives every field cache lines of its own, in the order of the spec', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const layout = new SabLayout(spec, 1);
        const views = layout.views(layout.allocate());
        let end = 64;
        for (const [name, [, length]] of Object.entries(spec)) {
          const { byteOffset, byteLength } = views[name];
          expect(byteOffset).toBe(layout.offsets[name]);
          expect(byteOffset % 64).toBe(0);
          expect(byteOffset).toBeGreaterThanOrEqual(end);
          expect(views[name].length).toBe(length);
          end = byteOffset + byteLength;
        }
        expect(layout.totalBytes).toBeGreaterThanOrEqual(end);
        expect(layout.totalBytes).toBeLessThan(end + 64 + 1);
      }),
    );
  });

  it('writing one field leaves all others and the header alone', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const layout = new SabLayout(spec, 1);
        const buffer = layout.allocate();
        for (const name of Object.keys(spec)) {
          layout.views(buffer)[name].fill(255);
          for (const [other, view] of Object.entries(layout.views(buffer))) {
            expect(view.every((value) => value === (other === name ? 255 : 0))).toBe(true);
          }
          layout.views(buffer)[name].fill(0);
        }
      }),
    );
  });

  it('two openers see the same bytes', () => {
    const spec = { a: ['u32', 4], b: ['f64', 2] } as const;
    const buffer = new SabLayout(spec, 1).allocate();
    new SabLayout(spec, 1).views(buffer).b[1] = 0.5;
    expect(new SabLayout(spec, 1).views(buffer).b[1]).toBe(0.5);
  });

  it.each([
    ['another version', { a: ['u32', 4] }, 2],
    ['another size', { a: ['u32', 40] }, 1],
    ['more fields', { a: ['u32', 4], b: ['u8', 1] }, 1],
  ] as const)('refuses a buffer of %s', (_, spec: LayoutSpec, version) => {
    const buffer = new SabLayout({ a: ['u32', 4] }, 1).allocate();
    expect(() => new SabLayout(spec, version).views(buffer)).toThrow(/laid out by another version or with other sizes/);
  });

  it('refuses a buffer that nobody laid out', () => {
    const layout = new SabLayout({ a: ['u32', 4] }, 1);
    expect(() => layout.views(new SharedArrayBuffer(layout.totalBytes))).toThrow(/laid out/);
  });

  it.each([-1, 0.5, Number.NaN])('refuses a field of length %d', (length) => {
    expect(() => new SabLayout({ a: ['u8', length] }, 1)).toThrow(/field a has length/);
  });
});
