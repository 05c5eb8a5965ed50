import { UserError } from '@damonlab/base';
import { splitHuge } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import { type HintFault, HintFaults } from './hint-faults.js';
import { exclusive, parseStrategy, SHARING_STRATEGIES, type SharingStrategy } from './strategy.js';
import { smallMemory } from './testing/small-memory.js';

/** Users `damon` and `numab` under `strategy`; `told` is who was told of which entry. */
function shared(strategy: SharingStrategy) {
  const small = smallMemory();
  const told: string[] = [];
  const hintFaults = new HintFaults(small.memory, { drop() {} }, strategy);
  const user = (name: string) => hintFaults.register({ name, onHintFault: ({ pte }: HintFault) => told.push(`${name} ${pte}`) });
  const damon = user('damon');
  const numab = strategy === 'build_exclusive' ? -1 : user('numab');
  const touch = (pte: number) => hintFaults.dispatch(small.fault(pte));
  const [a, b, c] = small.units.map((unit) => unit.first);
  return { ...small, hintFaults, damon, numab, told, touch, a, b, c };
}

describe('a page that numab armed and somebody touches', () => {
  it.each<[SharingStrategy, string[]]>([
    ['share_all', ['damon', 'numab']],
    ['tagged', ['numab']],
    ['runtime_full', ['numab']],
    ['runtime_half', ['numab']],
  ])('%s: goes to %j', (strategy, names) => {
    const { hintFaults, damon, numab, told, touch, a } = shared(strategy);
    hintFaults.acquire(numab);
    if (!exclusive(strategy)) hintFaults.acquire(damon);
    expect(hintFaults.arm(numab, a)).toBe(true);
    expect(touch(a)).toBe(true);
    expect(told).toEqual(names.map((name) => `${name} ${a}`));
  });

  it('tagged: both armed it, so both are told, and one who takes his arm back is not', () => {
    const { hintFaults, damon, numab, told, touch, a, b } = shared('tagged');
    for (const user of [damon, numab]) hintFaults.acquire(user);
    for (const pte of [a, b]) {
      expect(hintFaults.arm(numab, pte)).toBe(true);
      expect(hintFaults.arm(damon, pte)).toBe(true);
    }
    expect(hintFaults.disarm(numab, b)).toBe(true);
    expect(hintFaults.armed(b)).toBe(true);
    touch(a);
    touch(b);
    expect(told).toEqual([`damon ${a}`, `numab ${a}`, `damon ${b}`]);
  });

  it('share_all: who comes second has lost his arm, and his fault is counted as not his', () => {
    const { hintFaults, damon, numab, touch, a } = shared('share_all');
    for (const user of [damon, numab]) hintFaults.acquire(user);
    expect(hintFaults.arm(numab, a)).toBe(true);
    expect(hintFaults.arm(damon, a)).toBe(false);
    touch(a);
    expect(hintFaults.counters(damon)).toMatchObject({ armed: 0, lost_arms: 1, delivered: 1, misattributed: 1 });
    expect(hintFaults.counters(numab)).toMatchObject({ armed: 1, delivered: 1, misattributed: 0 });
  });
});

describe('a hand-over from damon to numab with two pages armed', () => {
  const handedOver = (strategy: SharingStrategy) => {
    const it = shared(strategy);
    it.hintFaults.acquire(it.damon);
    it.hintFaults.arm(it.damon, it.a);
    it.hintFaults.arm(it.damon, it.b);
    const cost = it.hintFaults.release(it.damon, [it.space], Int32Array.of(it.a, it.b, it.c));
    it.hintFaults.acquire(it.numab);
    return { ...it, cost };
  };

  it('runtime_full: the arms are removed first, and a touch is no fault', () => {
    const { cost, hintFaults, damon, touch, told, a, b } = handedOver('runtime_full');
    expect(cost).toEqual({ walked: 3, changed: 2, shootdowns: 2, leftOver: 0 });
    expect([a, b].map((pte) => touch(pte))).toEqual([false, false]);
    expect(told).toEqual([]);
    expect(hintFaults.counters(damon)).toMatchObject({ armed: 2, disarmed: 2, lost_faults: 0 });
  });

  it('runtime_half: the arms stay, and numab takes their faults for its own', () => {
    const { cost, hintFaults, damon, numab, touch, told, a, b } = handedOver('runtime_half');
    expect(cost).toEqual({ walked: 0, changed: 0, shootdowns: 0, leftOver: 2 });
    expect(hintFaults.arm(damon, a)).toBe(false);
    expect(hintFaults.arm(numab, a)).toBe(false);
    expect(touch(b)).toBe(true);
    expect(told).toEqual([`numab ${b}`]);
    expect(hintFaults.counters(numab)).toMatchObject({ armed: 0, lost_arms: 1, delivered: 1, misattributed: 1 });
    expect(hintFaults.counters(damon)).toMatchObject({ armed: 2, lost_faults: 1, delivered: 0 });
  });

  it('runtime_half: with no new owner the fault is lost, and the page restored all the same', () => {
    const { hintFaults, numab, space, damon, touch, told, a } = handedOver('runtime_half');
    hintFaults.release(numab, [space]);
    expect(touch(a)).toBe(true);
    expect(touch(a)).toBe(false);
    expect(told).toEqual([]);
    expect(hintFaults.counters(damon).lost_faults).toBe(1);
  });
});

describe('left-overs of somebody who has given up', () => {
  const leftOver = (strategy: SharingStrategy) => {
    const all = shared(strategy);
    for (const user of [all.damon, all.numab]) all.hintFaults.acquire(user);
    all.hintFaults.arm(all.numab, all.a);
    all.hintFaults.release(all.numab, [all.space]);
    return all;
  };

  it('share_all: who is still there takes them, as strays', () => {
    const { hintFaults, damon, told, touch, a } = leftOver('share_all');
    touch(a);
    expect(told).toEqual([`damon ${a}`]);
    expect(hintFaults.counters(damon)).toMatchObject({ delivered: 1, misattributed: 1, stray: 1 });
  });

  it('tagged: nobody takes them', () => {
    const { hintFaults, numab, told, touch, a } = leftOver('tagged');
    touch(a);
    expect(told).toEqual([]);
    expect(hintFaults.orphans).toBe(1);
    expect([hintFaults.counters(numab).lost_faults, hintFaults.inForce(numab)]).toEqual([1, 0]);
  });

  it('a stand-in is told of what nobody receives, but it is not delivered to it', () => {
    const { hintFaults, numab, told, touch, a } = leftOver('tagged');
    hintFaults.standIn(numab);
    touch(a);
    expect(told).toEqual([`numab ${a}`]);
    expect(hintFaults.counters(numab)).toMatchObject({ delivered: 0, lost_faults: 1 });
  });

  it('an uninstall that is broken on purpose forgets every second arm', () => {
    const { memory, space, units } = smallMemory();
    const hintFaults = new HintFaults(memory, { drop() {} }, 'runtime_full', 2);
    const numab = hintFaults.register({ name: 'numab', onHintFault() {} });
    hintFaults.acquire(numab);
    const mapped = units.filter((unit) => unit.mapped);
    for (const { first } of mapped) hintFaults.arm(numab, first);
    const cost = hintFaults.release(numab, [space]);
    expect([cost.changed, cost.leftOver]).toEqual([Math.ceil(mapped.length / 2), Math.floor(mapped.length / 2)]);
  });
});

describe('who may have them', () => {
  it('one owner at a time: EBUSY names it, until it gives up', () => {
    const { hintFaults, damon, numab, space, a } = shared('runtime_full');
    hintFaults.acquire(damon);
    hintFaults.acquire(damon);
    expect(() => hintFaults.acquire(numab)).toThrow(UserError);
    expect(() => hintFaults.acquire(numab)).toThrow(/EBUSY.*numab cannot[\s\S]*runtime_full[\s\S]*damon does/);
    expect(hintFaults.arm(numab, a)).toBe(false);
    expect(() => hintFaults.release(numab, [space])).toThrow(/numab gives up what it does not have/);
    hintFaults.release(damon, [space]);
    hintFaults.acquire(numab);
    expect(hintFaults.arm(numab, a)).toBe(true);
  });

  it('build_exclusive: there is no second user', () => {
    const { hintFaults } = shared('build_exclusive');
    expect(() => hintFaults.register({ name: 'numab', onHintFault() {} })).toThrow(/EBUSY.*numab[\s\S]*damon does/);
  });

  it.each(['share_all', 'tagged'] as const)('%s: everybody, at once', (strategy) => {
    const { hintFaults, damon, numab, a, b } = shared(strategy);
    hintFaults.acquire(damon);
    hintFaults.acquire(numab);
    expect([hintFaults.arm(damon, a), hintFaults.arm(numab, b)]).toEqual([true, true]);
  });

  it('the strategies have the names of the discussion', () => {
    for (const strategy of SHARING_STRATEGIES) expect(parseStrategy(strategy, 'here')).toBe(strategy);
    expect(SHARING_STRATEGIES.filter(exclusive)).toEqual(['build_exclusive', 'runtime_full', 'runtime_half']);
    expect(() => parseStrategy('half', 'monitor.sharing')).toThrow(
      /monitor\.sharing: unknown sharing strategy[\s\S]*runtime_half[\s\S]*half/,
    );
  });
});

describe('a process that ends', () => {
  it('takes its arms with it, huge ones as one, and nothing can be disarmed or left over afterwards', () => {
    const { hintFaults, memory, space, units, damon, a } = shared('runtime_half');
    const huge = units[6].first;
    hintFaults.acquire(damon);
    hintFaults.arm(damon, a);
    hintFaults.arm(damon, huge + 7);
    hintFaults.forget(space);
    memory.exit(space);
    expect([a, huge, huge + 511].map((pte) => hintFaults.armedFor(damon, pte))).toEqual([false, false, false]);
    expect(hintFaults.disarm(damon, huge)).toBe(false);
    expect(hintFaults.release(damon, [space]).leftOver).toBe(0);
    expect(hintFaults.counters(damon)).toMatchObject({ armed: 2, unmapped: 2, disarmed: 0, lost_faults: 0 });
  });
});

describe('mappings that change under arms', () => {
  it('arms of pages that were taken out go with them; those of pages that only moved stay', () => {
    const { hintFaults, damon, memory, space, a, b } = shared('share_all');
    hintFaults.acquire(damon);
    for (const pte of [a, b]) hintFaults.arm(damon, pte);
    memory.unmap(space, a);
    hintFaults.forgetVoid(a, a + 1);
    hintFaults.forgetVoid(b, memory.extent(b).end);
    expect([hintFaults.armedFor(damon, a), hintFaults.armedFor(damon, b)]).toEqual([false, true]);
    expect(hintFaults.counters(damon)).toMatchObject({ armed: 2, unmapped: 1 });
    expect(hintFaults.inForce(damon)).toBe(1);
  });

  it('an arm of what a PMD mapped is one of each page once that is split', () => {
    const { hintFaults, damon, memory, units, touch } = shared('share_all');
    const huge = units.find(({ first, end }) => end - first > 1);
    if (huge === undefined) throw new Error('no huge page');
    hintFaults.acquire(damon);
    hintFaults.arm(damon, huge.first);
    splitHuge(memory, huge.first);
    hintFaults.split(huge.first, huge.end);
    expect(hintFaults.inForce(damon)).toBe(huge.end - huge.first);
    touch(huge.first + 7);
    expect(hintFaults.inForce(damon)).toBe(huge.end - huge.first - 1);
  });
});
