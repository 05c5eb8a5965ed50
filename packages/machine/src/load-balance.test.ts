import { Prng } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balance, moveAtRandom, type Placeable } from './load-balance.js';

interface FakeThread {
  cpu: number;
  readonly preferred?: number;
  readonly allowed?: readonly number[];
  readonly sleeps?: boolean;
}

/** Four CPUs on two nodes. The first runnable thread of a CPU is the one that runs. */
function fake(threads: readonly FakeThread[]): Placeable & { readonly cpus: () => number[] } {
  const on = (cpu: number) => threads.flatMap((thread, id) => (thread.cpu === cpu && thread.sleeps !== true ? [id] : []));
  return {
    nrCpus: 4,
    threads: threads.map((_, id) => ({ id })),
    nidOf: (cpu) => Math.floor(cpu / 2),
    cpuOf: (id) => threads[id].cpu,
    current: (cpu) => on(cpu)[0] ?? -1,
    nrRunning: (cpu) => on(cpu).length,
    runnable: (id) => threads[id].sleeps !== true,
    allowed: (id, cpu) => threads[id].allowed?.includes(cpu) ?? true,
    preferredNid: (id) => threads[id].preferred ?? -1,
    move: (id, cpu) => {
      threads[id].cpu = cpu;
      return true;
    },
    cpus: () => threads.map(({ cpu }) => cpu),
  };
}

const at = (cpu: number, more: Partial<FakeThread> = {}): FakeThread => ({ cpu, ...more });

describe('balance', () => {
  it.each<[string, FakeThread[], number[]]>([
    ['an idle CPU pulls a waiting thread of its own node', [at(0), at(0)], [0, 1]],
    ['one of the other node, where its own has none to give', [at(0), at(0), at(1)], [0, 2, 1]],
    ['threads that fit are left alone', [at(0), at(1), at(2)], [0, 1, 2]],
    ['a difference of one is no imbalance', [at(0), at(0), at(1), at(2), at(3)], [0, 0, 1, 2, 3]],
    ['sleepers neither count nor move', [at(0), at(0, { sleeps: true })], [0, 0]],
    ['who may not run there stays', [at(0), at(0, { allowed: [0] })], [0, 0]],
    ['who comes home comes first', [at(0), at(0), at(0, { preferred: 1 }), at(1), at(1)], [0, 3, 2, 1, 1]],
    [
      'who is at home leaves it only for an idle CPU',
      [at(0), at(0, { preferred: 0 }), at(0, { preferred: 0 }), at(1), at(1), at(2), at(3)],
      [0, 0, 0, 1, 1, 2, 3],
    ],
  ])('%s', (_, threads, expected) => {
    const all = fake(threads);
    balance(all);
    expect(all.cpus()).toEqual(expected);
  });

  it('never makes the busiest CPU busier, and comes to rest', () => {
    const thread = fc.record({ cpu: fc.nat(3), preferred: fc.integer({ min: -1, max: 1 }) });
    fc.assert(
      fc.property(fc.array(thread, { minLength: 1, maxLength: 12 }), (threads) => {
        const all = fake(threads.map((one) => ({ ...one })));
        const most = () => Math.max(...[0, 1, 2, 3].map((cpu) => all.nrRunning(cpu)));
        for (let round = 0; round < 12; round++) {
          const before = most();
          balance(all);
          expect(most()).toBeLessThanOrEqual(before);
        }
        const rested = all.cpus();
        balance(all);
        expect(all.cpus()).toEqual(rested);
      }),
    );
  });
});

describe('moveAtRandom', () => {
  it('goes only where a thread may run, and everywhere in time', () => {
    const all = fake([at(0), at(1, { allowed: [1, 2] })]);
    const seen = [new Set<number>(), new Set<number>()];
    const rng = Prng.stream(1, 'sched');
    for (let i = 0; i < 400; i++) {
      moveAtRandom(all, rng);
      all.cpus().forEach((cpu, id) => {
        seen[id].add(cpu);
      });
    }
    expect([...seen[0]].sort()).toEqual([0, 1, 2, 3]);
    expect([...seen[1]].sort()).toEqual([1, 2]);
  });
});
