import { type AddressSpace, cpuToNode, type Memory, type Reclaim, type Topology, vmaOfEntry } from '@damonlab/mm';
import type { Process } from '../processes.js';
import { Ask, LINE_WORDS, type WallViews, WallWord } from './layout.js';

/** A CPU looks again so often whether it has been answered, should a wake-up get lost, ms. */
const LOOK_MS = 100;

/**
 * CPU: have the coordinator map entry `pte`, and wait for it. Where memory has LRU lists, one thread knows what is on them and what was
 * taken out. Returns what the fault had to wait for memory besides, ns.
 */
export function askForPage({ words, asks, stallNs }: WallViews, cpu: number, space: AddressSpace, pte: number): number {
  const line = cpu * LINE_WORDS;
  asks[line + Ask.space] = space.id;
  asks[line + Ask.pte] = pte;
  Atomics.store(asks, line + Ask.open, 1);
  Atomics.add(words, WallWord.asked, 1);
  Atomics.notify(words, WallWord.asked);
  while (Atomics.load(asks, line + Ask.open) === 1) Atomics.wait(asks, line + Ask.open, 1, LOOK_MS);
  return stallNs[cpu];
}

export interface FaultDeskParts {
  readonly views: WallViews;
  readonly memory: Memory;
  readonly reclaim: Reclaim | null;
  readonly processes: readonly Process[];
  readonly topology: Topology;
  readonly nrCpus: number;
}

/** Coordinator: answers the CPUs that ask for a page. */
export class FaultDesk {
  readonly #parts: FaultDeskParts;
  #seen = 0;

  constructor(parts: FaultDeskParts) {
    this.#parts = parts;
  }

  /** Answer all that ask now. */
  serve(nowNs: number): void {
    const { views, nrCpus } = this.#parts;
    // Before the look: who asks during it is seen by `await`.
    this.#seen = Atomics.load(views.words, WallWord.asked);
    for (let cpu = 0; cpu < nrCpus; cpu++) {
      if (Atomics.load(views.asks, cpu * LINE_WORDS + Ask.open) === 1) this.#answer(cpu, nowNs);
    }
  }

  /** Wait until somebody asks who did not at the last `serve`, at most `ms`. */
  await(ms: number): void {
    Atomics.wait(this.#parts.views.words, WallWord.asked, this.#seen, ms);
  }

  #answer(cpu: number, nowNs: number): void {
    const { views, memory, reclaim, processes, topology } = this.#parts;
    const { asks, stallNs } = views;
    const line = cpu * LINE_WORDS;
    const { space } = processes[asks[line + Ask.space]];
    const pte = asks[line + Ask.pte];
    const vma = vmaOfEntry(space, pte);
    if (reclaim !== null) reclaim.nowNs = nowNs;
    memory.listNew(vma, pte, memory.handleFault(space, vma, pte, cpuToNode(topology, cpu)), cpu);
    stallNs[cpu] = reclaim?.takeStallNs() ?? 0;
    Atomics.store(asks, line + Ask.open, 0);
    Atomics.notify(asks, line + Ask.open);
  }
}
