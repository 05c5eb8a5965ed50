import { Prng } from '@damonlab/base';
import { type AddressSpace, buildAddressSpace } from '@damonlab/mm';
import type { AccessProgram } from '@damonlab/workload';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunQueue } from './run-queue.js';
import { SimThread } from './thread.js';

const IDLE: AccessProgram = { lists: [], next: () => {}, save: () => {}, restore: () => {} };
const space: AddressSpace = buildAddressSpace(0, [], 0, Prng.stream(1, 'layout'));

function threads(n: number): SimThread[] {
  return Array.from({ length: n }, (_, id) => new SimThread(id, space, IDLE, Prng.stream(id, 'idle'), 0));
}

describe('RunQueue', () => {
  it('goes round when slices are over, stays when they are not', () => {
    const [a, b, c] = threads(3);
    const queue = new RunQueue([a, b, c]);
    expect(queue.pick(0, undefined, true)).toBe(a);
    expect(queue.pick(0, a, false)).toBe(a);
    expect(queue.pick(0, a, true)).toBe(b);
    expect(queue.pick(0, b, true)).toBe(c);
    expect(queue.pick(0, c, true)).toBe(a);
  });

  it('leaves out sleepers and the dead, who do not lose their place', () => {
    const [a, b, c] = threads(3);
    const queue = new RunQueue([a, b, c]);
    b.wakeNs = 100;
    expect(queue.pick(99, a, true)).toBe(c);
    expect(queue.pick(100, a, true)).toBe(b);
    expect(b.wakeNs).toBe(0);
    c.live = false;
    expect(queue.pick(100, b, true)).toBe(a);
  });

  it('a thread that sleeps gives way before its slice is over', () => {
    const [a, b] = threads(2);
    const queue = new RunQueue([a, b]);
    a.wakeNs = 50;
    expect(queue.pick(10, a, false)).toBe(b);
    expect(queue.pick(60, b, true)).toBe(a);
  });

  it('goes on with the same thread when nobody else can run', () => {
    const [a, b] = threads(2);
    b.live = false;
    expect(new RunQueue([a, b]).pick(5, a, true)).toBe(a);
  });

  it('has nobody when all sleep or are dead, and knows who wakes first', () => {
    const [a, b, c] = threads(3);
    const queue = new RunQueue([a, b, c]);
    expect(queue.nextWakeNs()).toBe(Number.POSITIVE_INFINITY);
    a.wakeNs = 30;
    b.wakeNs = 20;
    c.live = false;
    c.wakeNs = 1;
    expect(queue.pick(19, c, true)).toBeUndefined();
    expect(queue.nextWakeNs()).toBe(20);
    expect(new RunQueue([]).pick(0, undefined, true)).toBeUndefined();
  });

  it('lets nobody wait for more slices than there are threads', () => {
    const wakes = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(wakes, fc.array(fc.record({ sleep: fc.nat({ max: 3 }), over: fc.boolean() }), { maxLength: 60 }), (first, slices) => {
        const all = threads(first.length);
        all.forEach((thread, i) => {
          thread.wakeNs = first[i];
        });
        const queue = new RunQueue(all);
        const waited = all.map(() => 0);
        let running: SimThread | undefined;
        slices.forEach(({ sleep, over }, nowNs) => {
          const before = running;
          const able = all.filter((thread) => thread.wakeNs <= nowNs);
          running = queue.pick(nowNs, before, over) ?? before;
          if (able.length > 0) expect(able).toContain(running);
          if (running === before) return;
          for (const thread of able) waited[thread.id] = thread === running ? 0 : waited[thread.id] + 1;
          expect(Math.max(...waited)).toBeLessThan(all.length);
          if (running !== undefined && sleep > 0) running.wakeNs = nowNs + sleep;
        });
      }),
    );
  });
});
