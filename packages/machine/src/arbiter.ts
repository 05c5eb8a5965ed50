import { UserError } from '@damonlab/base';
import type { HandoverCost, HintFaults } from '@damonlab/hint-faults';
import type { AddressSpace } from '@damonlab/mm';
import type { HandoverRow } from '@damonlab/record';
import type { FaultUserName, HandoverRequest, SharingConfig } from './config.js';

/** A user of hinting faults, as the arbiter switches it on and off. */
export interface FaultUser {
  readonly id: number;
  /** Called after it got the faults, and before it gives them up. */
  setOn(on: boolean, nowNs: number): void;
  /** Entries that it has armed, if it knows them; undefined: the page tables must be walked. */
  armed(): Int32Array | undefined;
}

/** A hand-over whose leaving users still have pages armed. */
interface Unquiet {
  readonly row: HandoverRow;
  readonly left: readonly number[];
}

/**
 * Gives the hinting faults from one user to the next, by schedule or on request, in one instant of virtual time. What it cost, and how long
 * the left-overs of who gave them up are still met, is recorded.
 */
export class Arbiter {
  /** When the schedule goes on, ns; Infinity: never. */
  nextNs: number;
  readonly #config: SharingConfig;
  readonly #hintFaults: HintFaults;
  readonly #users: ReadonlyMap<FaultUserName, FaultUser>;
  readonly #spaces: () => readonly AddressSpace[];
  readonly #onHandover: (row: HandoverRow) => void;
  #unquiet: Unquiet[] = [];
  #next = 0;

  constructor(
    config: SharingConfig,
    hintFaults: HintFaults,
    users: ReadonlyMap<FaultUserName, FaultUser>,
    spaces: () => readonly AddressSpace[],
    onHandover: (row: HandoverRow) => void,
  ) {
    this.#config = config;
    this.#hintFaults = hintFaults;
    this.#users = users;
    this.#spaces = spaces;
    this.#onHandover = onHandover;
    this.nextNs = config.schedule[0]?.atNs ?? Number.POSITIVE_INFINITY;
    for (const name of config.owners) this.#start(this.#user(name), 0);
  }

  /** Do what the schedule asks for at `nowNs`. */
  run(nowNs: number): void {
    const { schedule } = this.#config;
    for (; this.#next < schedule.length && schedule[this.#next].atNs <= nowNs; this.#next++) {
      try {
        this.handOver(schedule[this.#next], nowNs);
      } catch (error) {
        // A request that breaks the rule is answered with EBUSY; the run goes on and its record says so.
        if (!(error instanceof UserError)) throw error;
      }
    }
    this.nextNs = schedule[this.#next]?.atNs ?? Number.POSITIVE_INFINITY;
  }

  /**
   * `stop` give the faults up, then `start` take them.
   * @throws UserError (EBUSY) naming the owner, where the strategy knows one at a time and another has them; nothing has changed then.
   */
  handOver({ stop, start }: Omit<HandoverRequest, 'atNs'>, nowNs: number): HandoverRow {
    for (const name of start) this.#user(name);
    const leaving = stop.filter((name) => this.#hintFaults.active(this.#user(name).id));
    this.#refuseIfBusy(leaving, start, nowNs);
    const cost = { walked: 0, changed: 0, shootdowns: 0, leftOver: 0 };
    for (const name of leaving) addTo(cost, this.#stop(this.#user(name), nowNs));
    for (const name of start) this.#start(this.#user(name), nowNs);
    const costNs = Math.round(cost.walked * this.#config.walkNs + cost.changed * this.#config.changeNs);
    const quiescedNs = cost.leftOver === 0 ? costNs : -1;
    const row = { atNs: nowNs, stopped: leaving.join(','), started: start.join(','), busy: '', ...cost, costNs, quiescedNs };
    if (cost.leftOver === 0) this.#onHandover(row);
    else this.#unquiet.push({ row, left: leaving.map((name) => this.#user(name).id) });
    return row;
  }

  /** Look whether left-overs are gone. */
  watch(nowNs: number): void {
    if (this.#unquiet.length === 0) return;
    this.#unquiet = this.#unquiet.filter(({ row, left }) => {
      if (left.some((id) => this.#hintFaults.inForce(id) > 0 && !this.#hintFaults.active(id))) return true;
      this.#onHandover({ ...row, quiescedNs: nowNs - row.atNs });
      return false;
    });
  }

  /** The run ends: what has not quieted down by now never did. */
  finish(): void {
    for (const { row } of this.#unquiet) this.#onHandover(row);
    this.#unquiet = [];
  }

  #refuseIfBusy(leaving: readonly FaultUserName[], start: readonly FaultUserName[], nowNs: number): void {
    if (this.#config.strategy === 'share_all' || this.#config.strategy === 'tagged') return;
    const staying = [...this.#users]
      .filter(([name, { id }]) => this.#hintFaults.active(id) && !leaving.includes(name))
      .map(([name]) => name);
    const owners = [...new Set([...staying, ...start])];
    if (owners.length <= 1) return;
    const [owner] = owners;
    const nothing = { walked: 0, changed: 0, shootdowns: 0, leftOver: 0, costNs: 0, quiescedNs: 0 };
    this.#onHandover({ atNs: nowNs, stopped: '', started: start.join(','), busy: owner, ...nothing });
    throw new UserError(`hinting faults are busy (EBUSY): ${owners.slice(1).join(', ')} cannot have them`, {
      where: `hand-over at ${nowNs} ns`,
      expected: `one owner at a time under ${this.#config.strategy}`,
      actual: `${owner} has them`,
      hint: `stop ${owner} first, or choose share_all or tagged`,
    });
  }

  #start(user: FaultUser, nowNs: number): void {
    if (this.#hintFaults.active(user.id)) return;
    this.#hintFaults.acquire(user.id);
    user.setOn(true, nowNs);
  }

  #stop(user: FaultUser, nowNs: number): HandoverCost {
    const armed = user.armed();
    user.setOn(false, nowNs);
    return this.#hintFaults.release(user.id, this.#spaces(), armed);
  }

  #user(name: FaultUserName): FaultUser {
    const user = this.#users.get(name);
    if (user !== undefined) return user;
    const known = [...this.#users.keys()];
    throw new UserError('no such user of hinting faults in this machine', {
      where: `hand-over to ${name}`,
      expected: known.length === 0 ? 'nobody uses them here' : known.join(' or '),
      actual: name,
      hint:
        name === 'damon'
          ? 'DAMON uses them with sample_control.primitive: page_fault'
          : 'NUMA balancing exists where numa_balancing is configured',
    });
  }
}

function addTo(sum: { -readonly [Key in keyof HandoverCost]: number }, cost: HandoverCost): void {
  sum.walked += cost.walked;
  sum.changed += cost.changed;
  sum.shootdowns += cost.shootdowns;
  sum.leftOver += cost.leftOver;
}
