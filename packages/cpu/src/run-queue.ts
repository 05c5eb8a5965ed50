import type { SimThread } from './thread.js';

/** The threads of one CPU, round robin. Sleepers keep their place. */
export class RunQueue {
  readonly #threads: SimThread[];

  constructor(threads: readonly SimThread[]) {
    this.#threads = [...threads];
  }

  /**
   * The thread to run at `nowNs`: `running` again while it can and its slice lasts (or nobody else can run), else the next
   * runnable one behind it. Undefined when all sleep or have ended.
   */
  pick(nowNs: number, running: SimThread | undefined, sliceOver: boolean): SimThread | undefined {
    if (running !== undefined && !sliceOver && this.#runnable(running, nowNs)) return running;
    const threads = this.#threads;
    const after = running === undefined ? -1 : threads.indexOf(running);
    for (let i = 1; i <= threads.length; i++) {
      const thread = threads[(after + i) % threads.length];
      if (this.#runnable(thread, nowNs)) return thread;
    }
    return undefined;
  }

  get threads(): readonly SimThread[] {
    return this.#threads;
  }

  /** When the first sleeper wakes, ns; Infinity when nobody sleeps. */
  nextWakeNs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const thread of this.#threads) {
      if (thread.live && thread.wakeNs > 0 && thread.wakeNs < next) next = thread.wakeNs;
    }
    return next;
  }

  #runnable(thread: SimThread, nowNs: number): boolean {
    if (!thread.live) return false;
    if (thread.wakeNs > nowNs) return false;
    thread.wakeNs = 0;
    return true;
  }
}
