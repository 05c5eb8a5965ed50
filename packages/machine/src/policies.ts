import { PAGE_BYTES } from '@damonlab/base';
import type { AttributionRow } from '@damonlab/damon';
import type { Shootdown } from '@damonlab/hint-faults';
import { cpuToNode, type Memory, nrCpus, Pte, takeDirty } from '@damonlab/mm';
import {
  Affinity,
  chooseCpus,
  chooseNodes,
  dirtyPagesByReports,
  dirtyPagesBySamples,
  HomeOfPieces,
  type WantedPlace,
} from '@damonlab/policies';
import type { DirtyPagesRow, Snapshot } from '@damonlab/record';
import type { MachineConfig, MigrateBySharesConfig, MonitorConfig } from './config.js';
import { forEachEntry } from './entries.js';
import type { Process } from './processes.js';
import type { Scheduler } from './scheduler.js';

export interface PoliciesParts {
  readonly config: MachineConfig;
  readonly memory: Memory;
  readonly processes: readonly Process[];
  readonly scheduler: Scheduler;
  readonly shootdowns: Shootdown;
}

/** What acts at the end of an aggregation window on what DAMON's reports said. Its work is the kdamond's. */
export interface Policy {
  /** Who made the reports of the memory of process `target`. */
  attribution?(target: number, rows: readonly AttributionRow[]): void;
  /** The regions of process `snapshot.targetId`. */
  snapshot?(snapshot: Snapshot): void;
  /** The window is over for all targets. Returns the work that was done, ns. */
  act(): number;
  /** For the run's counters. */
  counters?(): Readonly<Record<string, number>>;
}

/** The policies that a configuration asks for. */
export function createPolicies(parts: PoliciesParts, onDirtyPages: (rows: readonly DirtyPagesRow[]) => void): Policy[] {
  const { sched, policies, monitor } = parts.config;
  if (monitor === null) return [];
  const made: Policy[] = [];
  // Threads first: pages then follow at the next window, by where the threads are.
  if (sched.policy === 'access_aware') made.push(new AccessAware(parts));
  const { migrateByShares, dirtyRate = false } = policies ?? {};
  if (migrateByShares !== undefined) made.push(new MigrateByShares(parts, migrateByShares));
  if (dirtyRate) made.push(new DirtyRate(parts, monitor, onDirtyPages));
  return made;
}

/** What it takes to look at one page-table entry, ns: a walk over neighbours, as a scan of NUMA balancing. */
const LOOK_NS = 2;

function nidOfCpus({ topology }: MachineConfig): number[] {
  return Array.from({ length: nrCpus(topology) }, (_, cpu) => cpuToNode(topology, cpu));
}

/** Threads move to the memory that they touch. */
class AccessAware implements Policy {
  readonly #parts: PoliciesParts;
  readonly #affinity: Affinity;
  readonly #nidOfCpu: readonly number[];
  readonly #nrCpus: readonly number[];
  #fresh = true;
  #looked = 0;

  constructor(parts: PoliciesParts) {
    const { config, scheduler } = parts;
    const { nodes } = config.topology;
    this.#parts = parts;
    this.#affinity = new Affinity(scheduler.threads.length, nodes.length);
    this.#nidOfCpu = nidOfCpus(config);
    this.#nrCpus = nodes.map(({ cpus }) => cpus);
  }

  attribution(target: number, rows: readonly AttributionRow[]): void {
    if (this.#fresh) this.#affinity.fade();
    this.#fresh = false;
    this.#affinity.add(rows, (start, end) => this.#pagesByNode(target, start, end));
  }

  act(): number {
    const { scheduler } = this.#parts;
    const cpuOf = scheduler.threads.map(({ id }) => scheduler.cpuOf(id));
    const nidOf = cpuOf.map((cpu, thread) => (scheduler.ended(thread) ? -1 : this.#nidOfCpu[cpu]));
    const mayRun = (thread: number, nid: number) => this.#nidOfCpu.some((own, cpu) => own === nid && scheduler.allowed(thread, cpu));
    const wanted = chooseNodes(this.#affinity, { nrCpus: this.#nrCpus, nidOf, mayRun });
    const cpus = chooseCpus(wanted, { nidOfCpu: this.#nidOfCpu, cpuOf, allowed: (thread, cpu) => scheduler.allowed(thread, cpu) });
    for (const [thread, cpu] of cpus.entries()) scheduler.move(thread, cpu);
    // From now on this, and not NUMA balancing, says where threads are at home.
    scheduler.preferredNid = (thread) => wanted[thread];
    this.#fresh = true;
    const workNs = this.#looked * LOOK_NS;
    this.#looked = 0;
    return workNs;
  }

  #pagesByNode(target: number, start: number, end: number): number[] {
    const { memory, processes } = this.#parts;
    const { pteFlags } = memory.image;
    const pages = this.#nrCpus.map(() => 0);
    this.#looked += forEachEntry(processes[target].space, start, end, (pte) => {
      if ((pteFlags[pte] & Pte.present) !== 0) pages[pteFlags[pte] & Pte.nidMask]++;
    });
    return pages;
  }
}

/** Pages move to the node that makes most of the reports about them. */
class MigrateByShares implements Policy {
  readonly #parts: PoliciesParts;
  readonly #settings: MigrateBySharesConfig;
  readonly #homes: readonly HomeOfPieces[];
  #moves = 0;
  readonly #counters = { shares_pages_migrated: 0, shares_migrate_refused: 0, shares_migrate_failed: 0, shares_quota_exceeds: 0 };

  constructor(parts: PoliciesParts, settings: MigrateBySharesConfig) {
    this.#parts = parts;
    this.#settings = settings;
    this.#homes = parts.processes.map(() => new HomeOfPieces(settings, parts.scheduler.threads.length));
  }

  attribution(target: number, rows: readonly AttributionRow[]): void {
    this.#homes[target].add(rows);
  }

  act(): number {
    if (!this.#quiet()) return 0;
    let budget = Math.floor(this.#settings.bytesPerWindow / PAGE_BYTES);
    const { scheduler, config } = this.#parts;
    const nidOf = (thread: number) => scheduler.nidOf(scheduler.cpuOf(thread));
    const wanted = this.#homes.map((homes) => homes.wanted(nidOf, config.topology.nodes.length));
    const places = wanted.flatMap((ofTarget, target) => ofTarget.map((place) => ({ ...place, target })));
    places.sort((a, b) => b.reports - a.reports);
    let workNs = 0;
    let full = false;
    for (const place of places) {
      const { looked, moved, left } = this.#movePlace(place, place.target, budget);
      workNs += looked * LOOK_NS + moved * this.#settings.migrateNs;
      budget -= moved;
      full ||= left;
    }
    if (full) this.#counters.shares_quota_exceeds++;
    return workNs;
  }

  counters(): Readonly<Record<string, number>> {
    return this.#counters;
  }

  /** Whether no thread has moved since the last window: pages wait for the threads, or each would go to where the other was. */
  #quiet(): boolean {
    const { moves } = this.#parts.scheduler;
    const quiet = moves === this.#moves;
    this.#moves = moves;
    return quiet;
  }

  /** Moves what of a piece is elsewhere, at most `budget` pages; `left`: there was more. */
  #movePlace({ start, end, nid }: WantedPlace, target: number, budget: number): { looked: number; moved: number; left: boolean } {
    const { memory, processes, shootdowns } = this.#parts;
    const { pteFlags } = memory.image;
    let moved = 0;
    let left = false;
    const looked = forEachEntry(processes[target].space, start, end, (pte) => {
      const flags = pteFlags[pte];
      if ((flags & Pte.present) === 0 || (flags & Pte.nidMask) === nid) return;
      const { first, end: behind } = memory.extent(pte);
      if (moved + behind - first > budget) {
        left = true;
        return;
      }
      const outcome = memory.migrate(pte, nid);
      if (outcome === 'migrated') {
        shootdowns.drop(first, behind);
        moved += behind - first;
      } else this.#counters[outcome === 'refused' ? 'shares_migrate_refused' : 'shares_migrate_failed']++;
    });
    this.#counters.shares_pages_migrated += moved;
    return { looked, moved, left };
  }
}

/** Tells how many pages each process dirties in a window, as the monitor estimates it and as a hypervisor's dirty log counts it. */
class DirtyRate implements Policy {
  readonly #parts: PoliciesParts;
  readonly #monitor: MonitorConfig;
  readonly #onRows: (rows: readonly DirtyPagesRow[]) => void;
  readonly #estimated: number[];
  #window = { startNs: 0, endNs: 0 };
  #begun = false;

  constructor(parts: PoliciesParts, monitor: MonitorConfig, onRows: (rows: readonly DirtyPagesRow[]) => void) {
    this.#parts = parts;
    this.#monitor = monitor;
    this.#onRows = onRows;
    this.#estimated = parts.processes.map(() => 0);
  }

  snapshot(snapshot: Snapshot): void {
    const { targetId, startNs, endNs, sampleUs, aggrUs } = snapshot;
    this.#window = { startNs, endNs };
    if (this.#monitor.sample.primitive !== 'sampled_accesses') {
      this.#estimated[targetId] = dirtyPagesBySamples(snapshot, Math.max(1, Math.floor(aggrUs / sampleUs)));
    }
  }

  attribution(target: number, rows: readonly AttributionRow[]): void {
    const { primitive, sampledEvery } = this.#monitor.sample;
    if (primitive === 'sampled_accesses') this.#estimated[target] = dirtyPagesByReports(rows, sampledEvery);
  }

  /** What the first window finds dirty may have been so for any time. */
  act(): number {
    const { processes, memory, shootdowns } = this.#parts;
    const rows = processes.map(({ space }, targetId) => {
      shootdowns.drop(space.firstPte, space.endPte);
      const row = { ...this.#window, targetId, estimated: Math.round(this.#estimated[targetId]), written: takeDirty(memory.image, space) };
      this.#estimated[targetId] = 0;
      return row;
    });
    if (this.#begun) this.#onRows(rows);
    this.#begun = true;
    return 0;
  }
}
