import { NS_PER_SEC, UserError } from '@damonlab/base';
import type { CpuChannel } from '@damonlab/cpu';
import { HintFaults, type Shootdown } from '@damonlab/hint-faults';
import type { AddressSpace, Memory } from '@damonlab/mm';
import type { HandoverRow, RunTables, TableName } from '@damonlab/record';
import { Arbiter, type FaultUser } from './arbiter.js';
import type { Charges } from './charges.js';
import { type FaultUserName, type HandoverRequest, type MachineConfig, monitorsOf } from './config.js';
import { NumaHost } from './numa-host.js';
import type { ScanHands } from './numa-scans.js';
import type { Process } from './processes.js';
import type { Scheduler } from './scheduler.js';
import { sharingRows } from './window-tables.js';

export interface SharingParts {
  readonly config: MachineConfig;
  readonly memory: Memory;
  readonly processes: readonly Process[];
  readonly channel: CpuChannel;
  readonly scheduler: Scheduler;
  readonly charges: Charges;
  /** Null: nobody uses hinting faults. */
  readonly hintFaults: HintFaults | null;
  /** DAMON, where a kdamond monitors with hinting faults. */
  readonly damon: FaultUser | undefined;
  /** `NumaHostParts.scans`. */
  readonly scans: ScanHands | null;
  /** Spaces of the processes that still run. */
  readonly alive: () => readonly AddressSpace[];
  readonly onRows: <Name extends TableName>(table: Name, rows: readonly RunTables[Name][]) => void;
}

/** The machinery of hinting faults; null if nobody in the machine uses it. */
export function createHintFaults(config: MachineConfig, memory: Memory, shootdowns: Shootdown): HintFaults | null {
  return usesHintFaults(config) ? new HintFaults(memory, shootdowns, config.sharing.strategy, config.sharing.uninstallEvery) : null;
}

/** Whether anybody in the machine uses hinting faults. */
export function usesHintFaults(config: MachineConfig): boolean {
  return hintFaultUsers(config).length > 0;
}

/** Users of hinting faults in the order in which they register: DAMON's kdamonds, then NUMA balancing. */
export function hintFaultUsers(config: MachineConfig): string[] {
  const damon = monitorsOf(config).filter(({ sample }) => sample.primitive === 'page_fault');
  return [...damon.map(() => 'damon'), ...(config.numaBalancing === null ? [] : ['numa_balancing'])];
}

/** Who uses hinting faults in this machine, NUMA balancing among them, and the arbiter that gives them from one to the next. */
export class Sharing {
  /** Null: the kernel has no NUMA balancing. */
  readonly numa: NumaHost | null;
  readonly #parts: SharingParts;
  readonly #users = new Map<FaultUserName, FaultUser>();
  readonly #arbiter: Arbiter | null;
  /** Hand-overs that were asked for while the machine ran. */
  readonly requested: HandoverRequest[] = [];
  readonly #requests: ((nowNs: number) => void)[] = [];
  /** When the next timer tick is, ns; Infinity: nobody needs ticks. */
  #tickNs: number;

  constructor(parts: SharingParts) {
    this.#parts = parts;
    this.numa = this.#createNuma();
    this.#tickNs = this.numa === null ? Number.POSITIVE_INFINITY : this.#tickLengthNs;
    this.#arbiter = this.#createArbiter();
  }

  get #tickLengthNs(): number {
    return Math.round(NS_PER_SEC / this.#parts.config.sched.hz);
  }

  #createNuma(): NumaHost | null {
    const { hintFaults, onRows, config } = this.#parts;
    const settings = config.numaBalancing;
    if (hintFaults === null || settings === null) return null;
    return new NumaHost({ ...this.#parts, settings, hintFaults, onPass: (pass) => onRows('scan_passes', [pass]) });
  }

  #createArbiter(): Arbiter | null {
    const { config, hintFaults, damon, alive, onRows } = this.#parts;
    const { numa } = this;
    if (hintFaults === null) return null;
    if (damon !== undefined) this.#users.set('damon', damon);
    if (numa !== null) {
      this.#users.set('numa_balancing', { id: numa.user, setOn: (on, nowNs) => numa.setOn(on, nowNs), armed: () => undefined });
    }
    return new Arbiter(config.sharing, hintFaults, this.#users, alive, (row) => onRows('handovers', [row]));
  }

  /** When something is to be done here next, ns. */
  get nextNs(): number {
    return Math.min(this.#tickNs, this.#arbiter?.nextNs ?? Number.POSITIVE_INFINITY);
  }

  /** A hand-over at the next `handOvers`. Rejects with a UserError where the sharing rule forbids it. */
  request(request: Omit<HandoverRequest, 'atNs'>): Promise<HandoverRow> {
    return new Promise((resolve, reject) => {
      this.#requests.push((nowNs) => {
        try {
          if (this.#arbiter === null) throw new UserError('nobody uses hinting faults in this machine', { where: 'hand-over' });
          // One that is refused is recorded too, as EBUSY.
          const { stop, start } = request;
          if ([...stop, ...start].every((name) => this.#users.has(name))) this.requested.push({ atNs: nowNs, stop, start });
          resolve(this.#arbiter.handOver(request, nowNs));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Do the hand-overs that were asked for, and those that the schedule has now. */
  handOvers(nowNs: number): void {
    for (const request of this.#requests.splice(0)) request(nowNs);
    if (this.#arbiter !== null && nowNs >= this.#arbiter.nextNs) this.#arbiter.run(nowNs);
    this.#arbiter?.watch(nowNs);
  }

  /** The timer tick, if it is time. */
  tick(nowNs: number): void {
    if (nowNs < this.#tickNs) return;
    this.numa?.tick(nowNs);
    this.#tickNs += this.#tickLengthNs;
  }

  /** The process of `space` is about to give its memory back. */
  leave(space: AddressSpace): void {
    this.numa?.leave(space);
  }

  /** What the users did in a window. */
  endWindow(startNs: number, endNs: number): void {
    const { hintFaults, onRows } = this.#parts;
    if (hintFaults !== null) onRows('sharing', sharingRows(startNs, endNs, hintFaults, this.#users));
  }

  finish(): void {
    this.#arbiter?.finish();
  }

  /** NUMA balancing's totals under the kernel's names; empty without it. */
  counters(): Record<string, number> {
    const { numa } = this;
    const { hintFaults } = this.#parts;
    if (numa === null || hintFaults === null) return {};
    const own = Object.entries(hintFaults.counters(numa.user)).map(([name, count]) => [`numab_${name}`, count]);
    const skipped = Object.entries(numa.nb.skipped).map(([name, count]) => [`numa_skip_${name}`, count]);
    return { ...numa.nb.vmstat, ...Object.fromEntries([...own, ...skipped]), orphans: hintFaults.orphans };
  }
}
