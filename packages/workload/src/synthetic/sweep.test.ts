import { Prng } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { type Access, interpret } from '../../test/interpreter.js';
import type { SweepArea, SweepSpec } from './spec.js';
import { syntheticWorkload } from './workload.js';

const MS = 1_000_000;
const area = (name: string, pages: number, changes: Partial<SweepArea> = {}): SweepArea => {
  return { name, bytes: pages * 4096, slackBytes: 0, populateNid: -1, everyNs: 0, firstNs: 0, threads: [], ...changes };
};
const sweep = (areas: SweepArea[], changes: Partial<SweepSpec> = {}): SweepSpec => {
  return { pattern: 'sweep', durationNs: 20 * MS, writeRatio: 1, computePs: 1_000_000_000, spin: true, areas, ...changes };
};

function data(spec: SweepSpec, thread: number, threads = 2): Access[] {
  const accesses: Access[] = [];
  const program = syntheticWorkload('s', spec, threads).program(thread, Prng.stream(1, 't'));
  interpret(program, (access) => {
    if (access.region < spec.areas.length) accesses.push(access);
  });
  return accesses;
}

describe('sweep', () => {
  it('goes through an area from front to back, again and again', () => {
    const accesses = data(sweep([area('a', 6)]), 0);
    expect(accesses.slice(0, 14).map(({ offset }) => offset / 4096)).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1]);
    expect(accesses.every(({ write }) => write === 1)).toBe(true);
  });

  it('takes areas without a period in turn, and one with a period when it is due', () => {
    const accesses = data(sweep([area('a', 2), area('b', 3), area('c', 1, { everyNs: 7 * MS, firstNs: 5 * MS })]), 0);
    const order = accesses.map(({ region }) => region);
    expect(order.slice(0, 8)).toEqual([0, 0, 1, 1, 1, 2, 0, 0]);
    const due = accesses.filter(({ region }) => region === 2).map(({ atPs }) => Math.floor(atPs / 1e9));
    // It waits for the end of the sweep that goes on when it becomes due.
    expect(due).toEqual([5, 13, 19]);
  });

  it('leaves an area when its time is over, and has nothing to do when that of all is', () => {
    const accesses = data(sweep([area('a', 2, { untilNs: 5 * MS }), area('b', 2, { firstNs: 5 * MS, untilNs: 9 * MS })]), 0, 1);
    expect(accesses.map(({ region }) => region)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    expect(data(sweep([area('a', 2, { untilNs: 3 * MS })], { spin: false }), 0, 1)).toHaveLength(4);
  });

  it('threads sweep their own areas only, and end at once without one', () => {
    const spec = sweep([area('a', 4, { threads: [0] }), area('b', 4, { threads: [1] })]);
    expect(new Set(data(spec, 0).map(({ region }) => region))).toEqual(new Set([0]));
    expect(new Set(data(spec, 1).map(({ region }) => region))).toEqual(new Set([1]));
    expect(data(spec, 2, 3)).toEqual([]);
  });

  it('with nothing due it computes or sleeps until something is', () => {
    for (const spin of [true, false]) {
      const accesses = data(sweep([area('a', 2, { everyNs: 6 * MS })], { spin }), 0, 1);
      expect(accesses.map(({ atPs }) => Math.round(atPs / 1e9))).toEqual([0, 1, 6, 7, 12, 13, 18, 19]);
    }
  });

  it('areas are mappings of their own; those to be there before the start say where', () => {
    const { regions } = syntheticWorkload('s', sweep([area('a', 4, { populateNid: 1, slackBytes: 8192 })]), 2);
    expect(regions[0]).toEqual({
      name: 'a',
      role: 'data',
      bytes: 6 * 4096,
      headerBytes: 0,
      ownVma: true,
      populate: { nid: 1, first: 0, pages: 4 },
    });
    // The main thread made the threads where it had touched the areas.
    expect(regions.filter(({ role }) => role === 'thread_stack').map(({ populate }) => populate?.nid)).toEqual([1, 1]);
  });
});
