import { PAGE_BYTES, UserError } from '@damonlab/base';
import { Pte } from '@damonlab/mm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HandoverCost, type HintFault, HintFaults } from './hint-faults.js';
import { SHARING_STRATEGIES, type SharingStrategy } from './strategy.js';
import { Reference } from './testing/reference.js';
import { smallMemory } from './testing/small-memory.js';

type Step =
  | { readonly do: 'arm' | 'disarm' | 'touch'; readonly user: number; readonly unit: number; readonly within: number }
  | { readonly do: 'acquire' | 'release' | 'release_listed'; readonly user: number }
  | { readonly do: 'hand_over'; readonly user: number; readonly to: number };

/** The real thing and the reference side by side; everything is compared after every step. */
class Pair {
  readonly #small = smallMemory();
  readonly #strategy: SharingStrategy;
  readonly #users: number;
  readonly #dropped: [number, number][] = [];
  readonly #told: { user: number; fault: HintFault }[] = [];
  readonly #real: HintFaults;
  readonly #reference: Reference;
  #clock = 0;

  constructor(strategy: SharingStrategy, users: number) {
    const { memory, units } = this.#small;
    this.#strategy = strategy;
    this.#users = users;
    this.#real = new HintFaults(memory, { drop: (first, end) => this.#dropped.push([first, end]) }, strategy);
    const mapped = units.map((unit) => unit.mapped);
    this.#reference = new Reference(strategy, users, mapped);
    for (let user = 0; user < users; user++) {
      const onHintFault = (fault: HintFault) => this.#told.push({ user, fault: { ...fault } });
      expect(this.#real.register({ name: `user ${user}`, onHintFault })).toBe(user);
    }
  }

  run(step: Step): void {
    this.#dropped.length = 0;
    this.#told.length = 0;
    const user = step.user % this.#users;
    if ('unit' in step) this.#page(step.do, user, step.unit % this.#small.units.length, step.within);
    else if (step.do === 'acquire') this.#acquire(user);
    else if (this.#reference.mayArm(user)) this.#release(user, step.do === 'release_listed');
    if (step.do === 'hand_over') this.#acquire(step.to % this.#users);
    this.#compare();
  }

  #page(what: 'arm' | 'disarm' | 'touch', user: number, unit: number, within: number): void {
    const { first, end } = this.#small.units[unit];
    const pte = first + (within % (end - first));
    if (what === 'arm') {
      const { took, shootdown } = this.#reference.arm(user, unit);
      expect(this.#real.arm(user, pte)).toBe(took);
      expect(this.#dropped).toEqual(shootdown ? [[first, end]] : []);
    } else if (what === 'disarm') expect(this.#real.disarm(user, pte)).toBe(this.#reference.disarm(user, unit));
    else this.#touch(unit, pte);
  }

  #touch(unit: number, pte: number): void {
    const fault = this.#small.fault(pte, { timeNs: ++this.#clock, cpu: this.#clock % 2, thread: this.#clock % 5, write: pte % 2 === 1 });
    const told = this.#reference.touch(unit);
    expect(this.#real.dispatch(fault)).toBe(told !== null);
    expect(this.#told).toEqual((told ?? []).map((user) => ({ user, fault })));
    // The page is restored: touched again it is no fault.
    this.#told.length = 0;
    expect(this.#real.dispatch(fault)).toBe(false);
    expect(this.#told).toEqual([]);
  }

  #acquire(user: number): void {
    const owner = this.#reference.owner(user);
    if (owner !== null) {
      const acquire = () => this.#real.acquire(user);
      expect(acquire).toThrow(UserError);
      expect(acquire).toThrow(new RegExp(`EBUSY.*user ${user} [\\s\\S]*user ${owner} does`));
      return;
    }
    this.#real.acquire(user);
    this.#reference.active.add(user);
  }

  #release(user: number, listed: boolean): void {
    const { space, units } = this.#small;
    const arms = this.#reference.armsOf(user);
    const armed = Int32Array.from(arms, (unit) => units[unit].first);
    const cost = this.#real.release(user, [space], listed ? armed : undefined);
    this.#reference.active.delete(user);
    expect(cost).toEqual(this.#costOf(arms.length, listed));
    if (this.#strategy !== 'runtime_full') {
      expect(this.#dropped).toEqual([]);
      return;
    }
    for (const unit of arms) this.#reference.disarm(user, unit);
    expect(this.#dropped.map(([first]) => first).sort()).toEqual([...armed].sort());
    for (const unit of units) for (let pte = unit.first; pte < unit.end; pte++) expect(this.#real.armedFor(user, pte)).toBe(false);
  }

  #costOf(arms: number, listed: boolean): HandoverCost {
    if (this.#strategy !== 'runtime_full') return { walked: 0, changed: 0, shootdowns: 0, leftOver: arms };
    const { space, units } = this.#small;
    const entries = space.vmas.reduce((sum, vma) => sum + (vma.end - vma.start) / PAGE_BYTES, 0);
    const hidden = units.reduce((sum, { first, end }) => sum + (end - first - 1), 0);
    return { walked: listed ? arms : entries - hidden, changed: arms, shootdowns: arms, leftOver: 0 };
  }

  #compare(): void {
    const { memory, units } = this.#small;
    units.forEach(({ first, end }, unit) => {
      const armers = this.#reference.armers(unit);
      for (const pte of new Set([first, first + Math.floor((end - first) / 2), end - 1])) {
        expect((memory.image.pteFlags[pte] & Pte.protNone) !== 0).toBe(armers.size > 0);
        expect(this.#real.armed(pte)).toBe(armers.size > 0);
        for (let user = 0; user < this.#users; user++) expect(this.#real.armedFor(user, pte)).toBe(armers.has(user));
      }
    });
    for (let user = 0; user < this.#users; user++) {
      const counters = this.#real.counters(user);
      expect(counters).toEqual(this.#reference.counters[user]);
      const own = counters.delivered - counters.misattributed;
      expect(counters.armed).toBe(own + counters.lost_faults + counters.disarmed + counters.unmapped + this.#reference.armsOf(user).length);
      expect(this.#real.active(user)).toBe(this.#reference.mayArm(user));
      expect(this.#real.inForce(user)).toBe(this.#reference.armsOf(user).length);
    }
    expect(this.#real.orphans).toBe(this.#reference.orphans);
  }
}

const user = fc.nat({ max: 2 });
const page = { user, unit: fc.nat({ max: 7 }), within: fc.nat({ max: 600 }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('arm' as const, 'touch' as const), ...page }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disarm' as const), ...page }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('acquire' as const, 'release' as const, 'release_listed' as const), user }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hand_over' as const), user, to: user }) },
);

describe('no fault is lost or delivered twice, and every counter agrees with a reference model', () => {
  it.each(SHARING_STRATEGIES)('%s, any schedule of arms, touches and hand-overs', (strategy) => {
    const users = strategy === 'build_exclusive' ? fc.constant(1) : fc.integer({ min: 2, max: 3 });
    const property = fc.property(users, fc.array(step, { minLength: 10, maxLength: 60 }), (count, steps) => {
      const pair = new Pair(strategy, count);
      pair.run({ do: 'acquire', user: 0 });
      for (const one of steps) pair.run(one);
    });
    fc.assert(property, { numRuns: 60 });
  });
});
