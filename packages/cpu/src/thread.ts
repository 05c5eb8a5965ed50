import type { Prng, StateTape } from '@damonlab/base';
import type { AddressSpace } from '@damonlab/mm';
import { AccessBatch, type AccessProgram, BATCH_WORDS } from '@damonlab/workload';

/** Words of a thread's state beside its program's: three of its own, its batch, its random numbers. */
export const THREAD_WORDS = 3 + BATCH_WORDS + 4;

/** One simulated thread: a program in an address space, and what it is in the middle of. */
export class SimThread {
  /** What it does now; consumed in place. */
  readonly batch = new AccessBatch();
  /** It sleeps until this time, ns since the start of the run; 0: runnable. */
  wakeNs = 0;
  phase = -1;
  live = true;
  readonly id: number;
  readonly space: AddressSpace;
  readonly program: AccessProgram;
  /** Where its counters begin in `regionAccesses`: reads of region 0, writes of region 0, reads of region 1, … */
  readonly firstCounter: number;
  /** First entry of each region. */
  readonly firstPtes: Int32Array;
  readonly #rng: Prng;

  /** `id`: index over all threads of the machine. `rng`: what `program` draws from. */
  constructor(id: number, space: AddressSpace, program: AccessProgram, rng: Prng, firstCounter: number) {
    this.firstCounter = firstCounter;
    this.id = id;
    this.space = space;
    this.firstPtes = Int32Array.from(space.regions, ({ firstPte }) => firstPte);
    this.program = program;
    this.#rng = rng;
  }

  /** Put down where it stands, for the CPU that gets it next. */
  save(tape: StateTape): void {
    tape.rewind();
    tape.put(this.wakeNs);
    tape.put(this.phase);
    tape.put(Number(this.live));
    this.batch.save(tape, this.program.lists);
    this.#rng.save(tape);
    this.program.save(tape);
  }

  restore(tape: StateTape): void {
    tape.rewind();
    this.wakeNs = tape.take();
    this.phase = tape.take();
    this.live = tape.take() === 1;
    this.batch.restore(tape, this.program.lists);
    this.#rng.restore(tape);
    this.program.restore(tape);
    if (this.program.runs !== undefined) this.batch.runs = this.program.runs;
  }
}
