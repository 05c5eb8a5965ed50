import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseCpus, chooseNodes, type Seats, type Wishes } from './access-aware.js';

/** Two nodes of two CPUs. `touch`: share on node 1 by thread, null: nothing is known. `groups`: threads of one group share everything. */
function wishes(touch: readonly (number | null)[], groups: readonly number[] = []): Wishes {
  return {
    touchShare: (thread, nid) => {
      const onNode1 = touch[thread] ?? null;
      if (onNode1 === null) return 0;
      return nid === 1 ? onNode1 : 1 - onNode1;
    },
    sharedBy: (a, b) => (groups[a] !== undefined && groups[a] === groups[b] ? 1 : 0),
  };
}

const seats = (nidOf: readonly number[], mayRun: Seats['mayRun'] = () => true, nrCpus: readonly number[] = [2, 2]): Seats => {
  return { nrCpus, nidOf, mayRun };
};

describe('chooseNodes', () => {
  it.each<[string, Wishes, Seats, number[]]>([
    ['goes to its memory', wishes([1]), seats([0]), [1]],
    ['stays where it is at home', wishes([0]), seats([0]), [0]],
    ['nothing is known: stays', wishes([null]), seats([0]), [0]],
    ['a gain of a fifth moves nobody', wishes([0.6]), seats([0]), [0]],
    ['a little more does', wishes([0.61]), seats([0]), [1]],
    ['full: two change places', wishes([1, 0, 0, 1]), seats([0, 0, 1, 1]), [1, 0, 0, 1]],
    ['full of threads at home: stays', wishes([1, 1, 1, 0]), seats([1, 1, 0, 0]), [1, 1, 0, 0]],
    ['one that does not care makes room', wishes([1, null, 1, 0]), seats([0, 1, 1, 0]), [1, 0, 1, 0]],
    ['more threads than CPUs: half of them each', wishes([1, 1, 1, 1, 1, 1]), seats([0, 0, 0, 0, 0, 0]), [1, 1, 1, 0, 0, 0]],
    ['who may not run there stays', wishes([1, 1]), seats([0, 0], (thread) => thread === 1), [0, 1]],
    ['who shares comes together', wishes([0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1]), seats([0, 0, 1, 1]), [1, 0, 1, 0]],
    ['memory pulls all of a group over', wishes([1, 1], [0, 0]), seats([0, 0]), [1, 1]],
    ['who has ended is not asked', wishes([1, 1, 1]), seats([-1, 0, 0]), [-1, 1, 1]],
    ['a node without CPUs takes nobody', wishes([1]), seats([0], () => true, [2, 0]), [0]],
  ])('%s', (_, of, now, expected) => {
    expect(chooseNodes(of, now)).toEqual(expected);
  });

  it('keeps to CPUs and masks, helps in sum, and is at rest afterwards', () => {
    const thread = fc.record({
      nid: fc.integer({ min: -1, max: 1 }),
      touch: fc.double({ min: 0, max: 1, noNaN: true }),
      pinned: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(thread, { minLength: 1, maxLength: 9 }),
        fc.array(fc.nat(2), { minLength: 9, maxLength: 9 }),
        (threads, groups) => {
          const of = wishes(
            threads.map(({ touch }) => touch),
            groups,
          );
          const nidOf = threads.map(({ nid }) => nid);
          const mayRun = (t: number, nid: number) => !threads[t].pinned || nid === nidOf[t];
          const chosen = chooseNodes(of, seats(nidOf, mayRun));
          const live = nidOf.filter((nid) => nid >= 0).length;
          for (const nid of [0, 1]) {
            const most = Math.max(2, Math.ceil(live / 2), nidOf.filter((own) => own === nid).length);
            expect(chosen.filter((own) => own === nid).length).toBeLessThanOrEqual(most);
          }
          chosen.forEach((nid, t) => {
            if (nidOf[t] < 0) expect(nid).toBe(-1);
            else expect(mayRun(t, nid)).toBe(true);
          });
          expect(chooseNodes(of, seats(chosen, mayRun))).toEqual(chosen);
        },
      ),
    );
  });
});

describe('chooseCpus', () => {
  const nidOfCpu = [0, 0, 1, 1];
  it.each<[string, number[], number[], (thread: number, cpu: number) => boolean, number[]]>([
    ['who is on the node stays', [0, 1], [1, 3], () => true, [1, 3]],
    ['the CPU with the fewest threads', [1, 1], [2, 0], () => true, [2, 3]],
    ['two change places', [1, 0], [0, 2], () => true, [2, 0]],
    ['only where it may run', [1], [0], (_, cpu) => cpu !== 2, [3]],
    ['nowhere to go: stays', [1], [0], (_, cpu) => cpu < 2, [0]],
    ['who has ended stays', [-1], [0], () => true, [0]],
  ])('%s', (_, nidOf, cpuOf, allowed, expected) => {
    expect(chooseCpus(nidOf, { nidOfCpu, cpuOf, allowed })).toEqual(expected);
  });

  it('idle CPUs of a node are taken before any gets a second thread', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }), fc.nat(1), (cpuOf, nid) => {
        const cpus = chooseCpus(
          cpuOf.map(() => nid),
          { nidOfCpu, cpuOf, allowed: () => true },
        );
        const count = (cpu: number, of: readonly number[]) => of.filter((one) => one === cpu).length;
        const [first, second] = [2 * nid, 2 * nid + 1];
        const before = Math.abs(count(first, cpuOf) - count(second, cpuOf));
        expect(Math.abs(count(first, cpus) - count(second, cpus))).toBeLessThanOrEqual(Math.max(1, before));
      }),
    );
  });
});
