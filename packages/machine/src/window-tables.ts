import { PAGE_BYTES, PS_PER_NS } from '@damonlab/base';
import type { CpuChannel } from '@damonlab/cpu';
import type { HintFaults } from '@damonlab/hint-faults';
import { type Memory, Pte, type Reclaim, touchedByNode } from '@damonlab/mm';
import {
  NO_TARGET,
  type PlacementRow,
  type ProcessRow,
  type SharingRow,
  type ThreadRow,
  type TouchedPagesRow,
  type VmstatRow,
} from '@damonlab/record';
import type { FaultUser } from './arbiter.js';
import type { NumaHost } from './numa-host.js';
import type { Process } from './processes.js';

/** Where the pages of each data region lie, and those of the page cache, by node. Counted anew only when a mapping has changed. */
export class PlacementLog {
  readonly #memory: Memory;
  readonly #processes: readonly Process[];
  readonly #nrNodes: number;
  #generation = -1;
  #counts: {
    readonly targetId: number;
    readonly region: string;
    readonly start: number;
    readonly end: number;
    readonly pages: number[];
  }[] = [];

  constructor(memory: Memory, processes: readonly Process[], nrNodes: number) {
    this.#memory = memory;
    this.#processes = processes;
    this.#nrNodes = nrNodes;
  }

  window(startNs: number, endNs: number): PlacementRow[] {
    if (this.#generation !== this.#memory.generation) this.#count();
    return this.#counts.flatMap(({ pages, ...region }) => pages.map((count, nid) => ({ startNs, endNs, ...region, nid, pages: count })));
  }

  #count(): void {
    this.#generation = this.#memory.generation;
    this.#counts = this.#processes.flatMap(({ space }, targetId) =>
      space.regions
        .filter(({ role }) => role === 'data')
        .map(({ name, start, end, firstPte }) => ({
          targetId,
          region: name,
          start,
          end,
          pages: this.#pages(firstPte, (end - start) / PAGE_BYTES),
        })),
    );
    const { pageCache } = this.#memory;
    if (pageCache === null) return;
    const { firstPte, endPte } = pageCache;
    const nrPages = endPte - firstPte;
    const pages = this.#pages(firstPte, nrPages);
    this.#counts.push({ targetId: NO_TARGET, region: 'page_cache', start: 0, end: nrPages * PAGE_BYTES, pages });
  }

  #pages(firstPte: number, nrPages: number): number[] {
    const { pteFlags } = this.#memory.image;
    const pages = new Array<number>(this.#nrNodes).fill(0);
    for (let pte = firstPte; pte < firstPte + nrPages; pte++) {
      if ((pteFlags[pte] & Pte.present) !== 0) pages[pteFlags[pte] & Pte.nidMask]++;
    }
    return pages;
  }

  /** Where what was touched since the marks were cleared lies now. */
  touched(startNs: number, endNs: number): TouchedPagesRow[] {
    return this.#processes.flatMap(({ space }, targetId) =>
      space.regions
        .filter(({ role }) => role === 'data')
        .flatMap(({ name: region, start, end, firstPte }) =>
          touchedByNode(this.#memory.image, firstPte, (end - start) / PAGE_BYTES, this.#nrNodes).flatMap((pages, nid) =>
            pages === 0 ? [] : [{ startNs, endNs, targetId, region, nid, pages }],
          ),
        ),
    );
  }
}

/** Event counters at `endNs`. */
export function vmstatRows(endNs: number, counters: Readonly<Record<string, number>>): VmstatRow[] {
  return Object.entries(counters).map(([counter, value]) => ({ endNs, counter, value }));
}

/** The processes at `endNs`, and what reclaim did to each of them. */
export function processRows(
  startNs: number,
  endNs: number,
  memory: Memory,
  { byProcess }: Reclaim,
  processes: readonly Process[],
): ProcessRow[] {
  return processes.map(({ space }, targetId) => ({
    startNs,
    endNs,
    targetId,
    rss: memory.rssPages(space),
    ...byProcess.of(space.id),
  }));
}

/** The users of hinting faults at `endNs`. */
export function sharingRows(startNs: number, endNs: number, hintFaults: HintFaults, users: ReadonlyMap<string, FaultUser>): SharingRow[] {
  return [...users].map(([user, { id }]) => {
    const { armed, lost_arms: lostArms, disarmed, delivered, misattributed, stray, lost_faults: lostFaults } = hintFaults.counters(id);
    const counts = { armed, lostArms, disarmed, delivered, misattributed, stray, lostFaults };
    return { startNs, endNs, user, active: Number(hintFaults.active(id)), inForce: hintFaults.inForce(id), ...counts };
  });
}

/** Cuts the CPU time of threads into windows. */
export class ThreadLog {
  readonly #processes: readonly Process[];
  readonly #channel: CpuChannel;
  readonly #last: Float64Array;

  constructor(processes: readonly Process[], channel: CpuChannel) {
    this.#processes = processes;
    this.#channel = channel;
    this.#last = new Float64Array(channel.threadExecPs.length);
  }

  window(startNs: number, endNs: number, numa: NumaHost | null): ThreadRow[] {
    return this.#processes.flatMap((process, targetId) =>
      process.threads.map(({ id: tid }) => {
        const execPs = this.#channel.threadExecPs[tid];
        const execNs = Math.round((execPs - this.#last[tid]) / PS_PER_NS);
        this.#last[tid] = execPs;
        const { numaPreferredNid, numaScanPeriodMs, mm } = numa?.task(tid) ?? {
          numaPreferredNid: -1,
          numaScanPeriodMs: 0,
          mm: { numaScanSeq: 0 },
        };
        const cpu = this.#channel.threadCpu[tid];
        return { startNs, endNs, tid, targetId, cpu, execNs, numaPreferredNid, numaScanPeriodMs, numaScanSeq: mm.numaScanSeq };
      }),
    );
  }
}
