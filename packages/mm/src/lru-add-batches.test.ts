import { describe, expect, it } from 'vitest';
import { LRU_ADD_BATCH, LruAddBatches } from './lru-add-batches.js';

const pending = (batches: LruAddBatches, ptes: readonly number[]) => ptes.filter((pte) => batches.has(pte));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('LruAddBatches', () => {
  it('keeps new pages off the list until 31 are together', () => {
    const batches = new LruAddBatches([0]);
    for (const pte of upTo(30)) batches.add(0, pte);
    expect(pending(batches, upTo(40))).toEqual(upTo(30));
    batches.add(0, 30);
    expect(batches.empty).toBe(true);
    batches.add(0, 31);
    expect(pending(batches, upTo(40))).toEqual([31]);
  });

  it('counts what others left in the batch, once', () => {
    const batches = new LruAddBatches([LRU_ADD_BATCH - 2]);
    batches.add(0, 7);
    expect(batches.has(7)).toBe(true);
    batches.add(0, 8);
    expect(batches.empty).toBe(true);
    for (const pte of upTo(30)) batches.add(0, pte);
    expect(pending(batches, upTo(40))).toHaveLength(30);
  });

  it('has a batch for each CPU', () => {
    const batches = new LruAddBatches([0, 30]);
    batches.add(0, 1);
    batches.add(1, 2);
    expect(pending(batches, [1, 2])).toEqual([1]);
    batches.drain(0);
    expect(batches.empty).toBe(true);
  });
});
