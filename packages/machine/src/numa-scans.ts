import { PAGE_BYTES } from '@damonlab/base';
import type { AddressSpace } from '@damonlab/mm';
import { type NumaBalancing, type NumaTask, type Scan, type ScanChunk, type ScanPass, timeWord } from '@damonlab/numa-balancing';
import type { ProtNuma, ProtNumaChunk, ProtNumaDone } from './prot-numa.js';

/** Other threads that arm chunks, one at a time each, on behalf of the CPU that they carry. */
export interface ScanHands {
  /** `ProtNumaParts.cpupids`, shared with them. */
  readonly cpupids: Uint32Array;
  /** Whether `cpu` has a chunk in hand, or one whose answer was not taken. */
  busy(cpu: number): boolean;
  ask(cpu: number, chunk: ProtNumaChunk): void;
  /** What came of the chunk; null: it is not done yet. */
  answer(cpu: number): ProtNumaDone | null;
  /** Wait until `cpu` has no chunk in hand, and forget what came of it. */
  finish(cpu: number): void;
}

/** A pass of the scanner, on behalf of a thread and on its CPU. */
export interface PassUnderWay {
  readonly scan: Scan;
  readonly task: NumaTask;
  readonly space: AddressSpace;
  readonly thread: number;
  readonly cpu: number;
  readonly startNs: number;
}

/** The passes of the scanner: each goes from chunk to chunk, which are armed here at once, or by the CPU that the pass is on. */
export class NumaScans {
  readonly #nb: NumaBalancing;
  readonly #protNuma: ProtNuma;
  readonly #hands: ScanHands | null;
  readonly #onPass: (pass: PassUnderWay, done: ScanPass) => void;
  /** Passes with a chunk in the hands of a CPU. */
  readonly #waiting = new Set<PassUnderWay>();

  constructor(nb: NumaBalancing, protNuma: ProtNuma, hands: ScanHands | null, onPass: (pass: PassUnderWay, done: ScanPass) => void) {
    this.#nb = nb;
    this.#protNuma = protNuma;
    this.#hands = hands;
    this.#onPass = onPass;
  }

  /** One pass at a time in an address space, and one chunk at a time on a CPU. */
  mayBegin({ mm }: NumaTask, cpu: number): boolean {
    if (this.#hands?.busy(cpu) === true) return false;
    for (const { task } of this.#waiting) if (task.mm === mm) return false;
    return true;
  }

  begin(pass: PassUnderWay): void {
    this.#go(pass, 0);
  }

  /** Go on with the passes whose chunks have been armed. */
  goOn(): void {
    for (const pass of this.#waiting) {
      const done = this.#hands?.answer(pass.cpu) ?? null;
      if (done === null) continue;
      this.#waiting.delete(pass);
      this.#go(pass, this.#count(done));
    }
  }

  /** Nobody may arm anything of `space` any more. */
  leave(space: AddressSpace): void {
    for (const pass of this.#waiting) {
      if (pass.space !== space) continue;
      this.#waiting.delete(pass);
      this.#hands?.finish(pass.cpu);
    }
  }

  /** The last chunk of `pass` came to `updated` PTEs. */
  #go(pass: PassUnderWay, updated: number): void {
    let step = pass.scan.next(updated);
    while (step.done !== true) {
      const chunk = this.#chunkOf(pass, step.value);
      if (this.#hands !== null) {
        this.#hands.ask(pass.cpu, chunk);
        this.#waiting.add(pass);
        return;
      }
      step = pass.scan.next(this.#count(this.#protNuma.change(chunk)));
    }
    this.#onPass(pass, step.value);
  }

  #count({ updated, huge }: ProtNumaDone): number {
    this.#nb.vmstat.numa_huge_pte_updates += huge;
    return updated;
  }

  /** What has to be known of a chunk to arm it. */
  #chunkOf({ task, space, startNs }: PassUnderWay, { vma: numaVma, start, end }: ScanChunk): ProtNumaChunk {
    const nb = this.#nb;
    const index = task.mm.vmas.indexOf(numaVma);
    const vma = space.vmas[index];
    const at = (addr: number) => vma.firstPte + (addr - vma.start) / PAGE_BYTES;
    return {
      space: space.id,
      vma: index,
      first: at(start),
      last: at(end),
      thisNid: nb.cpuNid(task.cpu),
      singleThreaded: task.mm.nrThreads === 1,
      mode: nb.mode,
      timeWord: timeWord(nb, startNs),
      timedNids: nb.nodes.reduce((bits, { nid }) => bits | (nb.usesAccessTime(nid) ? 1 << nid : 0), 0),
    };
  }
}
