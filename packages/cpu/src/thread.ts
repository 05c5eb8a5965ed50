import type { AddressSpace } from '@damonlab/mm';
import { AccessBatch, type AccessProgram } from '@damonlab/workload';

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

  /** `id`: index over all threads of the machine. */
  constructor(id: number, space: AddressSpace, program: AccessProgram, firstCounter: number) {
    this.firstCounter = firstCounter;
    this.id = id;
    this.space = space;
    this.program = program;
  }
}
