import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPSC_RING_SLOTS, SPSC_RING_WORDS, SpscRing, type SpscRingViews } from './spsc-ring.js';

function memory(slots: number, columns: number): SpscRingViews {
  return {
    words: new Int32Array(new SharedArrayBuffer(4 * SPSC_RING_WORDS)),
    records: new Float64Array(new SharedArrayBuffer(8 * slots * columns)),
  };
}

function drained(ring: SpscRing): number[][] {
  const rows: number[][] = [];
  const count = ring.drain((record) => rows.push([...record]));
  expect(count).toBe(rows.length);
  return rows;
}

describe('SpscRing', () => {
  it('takes 255 of 256, and one more after each drain of one', () => {
    const ring = new SpscRing(memory(SPSC_RING_SLOTS, 1), 1);
    const outcomes = Array.from({ length: 256 }, (_, i) => ring.push([i]));
    expect(outcomes.filter((outcome) => outcome === 'queued')).toHaveLength(255);
    expect(outcomes[255]).toBe('ring_full');
    expect([ring.queued, ring.ringFull]).toEqual([255, 1]);
    expect(drained(ring)).toEqual(Array.from({ length: 255 }, (_, i) => [i]));
    expect(ring.push([256])).toBe('queued');
    expect(drained(ring)).toEqual([[256]]);
  });

  it('behaves as a bounded queue, for any mix of pushes and drains, seen from both sides', () => {
    const step = fc.oneof(fc.record({ push: fc.integer({ min: 1, max: 9 }) }), fc.constant('drain' as const));
    fc.assert(
      fc.property(
        fc.constantFrom(2, 4, 8, 32),
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 60 }),
        (slots, columns, steps) => {
          const views = memory(slots, columns);
          const producer = new SpscRing(views, columns);
          const consumer = new SpscRing(views, columns);
          let model: number[][] = [];
          let number = 0;
          let refused = 0;
          for (const one of steps) {
            if (one === 'drain') {
              expect(drained(consumer)).toEqual(model);
              model = [];
              continue;
            }
            for (let i = 0; i < one.push; i++) {
              const record = Array.from({ length: columns }, (_, column) => ++number + column / 8);
              const fits = model.length < slots - 1;
              expect(producer.push(record)).toBe(fits ? 'queued' : 'ring_full');
              if (fits) model.push(record);
              else refused++;
            }
          }
          expect(drained(consumer)).toEqual(model);
          expect(consumer.queued + consumer.ringFull).toBe(number / columns);
          expect(consumer.ringFull).toBe(refused);
        },
      ),
    );
  });

  it('leaves what arrives during a drain to the next one, and forgets none of it', () => {
    const ring = new SpscRing(memory(4, 1), 1);
    ring.push([1]);
    ring.push([2]);
    const seen: number[] = [];
    expect(
      ring.drain(([number]) => {
        seen.push(number);
        expect(ring.push([10 * number])).toBe('queued');
      }),
    ).toBe(2);
    expect(seen).toEqual([1, 2]);
    expect(drained(ring)).toEqual([[10], [20]]);
    expect(drained(ring)).toEqual([]);
  });

  it('shows with one word that something is pending, until a drain begins', () => {
    const views = memory(4, 1);
    const ring = new SpscRing(views, 1);
    const before = [...views.words];
    ring.push([1]);
    const pending = views.words.findIndex((word, i) => i % 16 === 0 && i > 0 && word !== before[i]);
    expect(views.words[pending]).toBe(1);
    ring.drain(() => expect(views.words[pending]).toBe(0));
  });

  it.each([
    ['three slots', 3, 1],
    ['one slot', 1, 1],
    ['no column', 4, 0],
  ])('refuses memory of a wrong shape: %s', (_, slots, columns) => {
    expect(() => new SpscRing(memory(slots, 1), columns)).toThrow(/invariant broken/);
  });

  it.each([
    ['in one rush', 100_000, 100_001],
    ['in bursts that mostly fit', 20_000, 100],
  ])('between two threads, %s: whole records in order, and each is received or counted', async (_, count, burst) => {
    const views = memory(SPSC_RING_SLOTS, 3);
    const ring = new SpscRing(views, 3);
    const workerData = { words: views.words.buffer, records: views.records.buffer, count, burst };
    const worker = new Worker(new URL('testing/ring-producer.mjs', import.meta.url), { workerData });
    let outcomes: { queued: number; ring_full: number } | undefined;
    worker.once('message', (message) => {
      outcomes = message;
    });
    let last = 0;
    let received = 0;
    let torn = 0;
    const visit = (record: Float64Array): void => {
      const [number, negative, triple] = record;
      if (number <= last || negative !== -number || triple !== 3 * number) torn++;
      last = number;
      received++;
    };
    while (outcomes === undefined) {
      ring.drain(visit);
      await setImmediate();
    }
    ring.drain(visit);
    await worker.terminate();
    expect(torn).toBe(0);
    expect({ queued: received, ring_full: ring.ringFull }).toEqual(outcomes);
    expect(outcomes.queued + outcomes.ring_full).toBe(count);
    expect(received).toBeGreaterThanOrEqual(SPSC_RING_SLOTS - 1);
  });
});
