import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StackDistance } from './stack-distance.js';

it('is the number of other pages touched since the last touch, however long ago', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 400 }), (touches) => {
      // Ids are given out one after the other.
      const ids = new Map<number, number>();
      const distances = new StackDistance();
      touches.forEach((page, i) => {
        if (!ids.has(page)) ids.set(page, ids.size);
        const last = touches.lastIndexOf(page, i - 1);
        const expected = i === 0 || last < 0 ? -1 : new Set(touches.slice(last + 1, i)).size;
        expect(distances.touch(ids.get(page) as number)).toBe(expected);
      });
    }),
  );
});

it('survives when its slots of time are used up', () => {
  const distances = new StackDistance();
  for (let i = 0; i < 300_000; i++) {
    const distance = distances.touch(i % 3000);
    if (i >= 3000 && distance !== 2999) expect(distance).toBe(2999);
  }
});
