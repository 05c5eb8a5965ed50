/** What threads would gain on which node. */
export interface Wishes {
  /** Share of what `thread` touches that lies on `nid`, 0 to 1. */
  touchShare(thread: number, nid: number): number;
  /** How much two threads share, 0 to 1: the same from both sides. */
  sharedBy(a: number, b: number): number;
}

/** Where threads are, and where they may be. */
export interface Seats {
  /** CPUs of each node. */
  readonly nrCpus: readonly number[];
  /** By thread; -1: it has ended. */
  readonly nidOf: readonly number[];
  mayRun(thread: number, nid: number): boolean;
}

/**
 * What it is worth to have all threads that one shares memory with on its node, against having all of its memory there. Less than that by
 * more than the hysteresis, so that memory can pull a thread away from the others, who then follow.
 */
const TOGETHER_WEIGHT = 0.75;
/** A thread moves only if it gains more than this share of its accesses. A window has some ten reports of a thread: less is noise. */
const HYSTERESIS = 0.2;

/** Threads that share less than this with all others together hardly share: that does not become much by being the most. */
const LITTLE_COMPANY = 0.5;

interface Step {
  readonly gain: number;
  readonly thread: number;
  readonly nid: number;
  /** Goes the other way; -1: nobody. */
  readonly partner: number;
}

/**
 * The node that each thread should run on: threads go to the memory that they touch, and those that share it come together. No node gets
 * more threads than its share of the CPUs (at least one per CPU); where it is full, two threads change places. Each step gains more than
 * the hysteresis in one sum over all threads, so there is an end to it, and with the same wishes the next call changes nothing.
 *
 * @returns by thread; -1 for those that have ended.
 */
export function chooseNodes(wishes: Wishes, seats: Seats): number[] {
  const nidOf = [...seats.nidOf];
  const room = roomOf(seats);
  const weight = weightOf(wishes, nidOf);
  for (;;) {
    const step = bestStep({ wishes, seats, nidOf, room, weight });
    if (step === null) return nidOf;
    const from = nidOf[step.thread];
    nidOf[step.thread] = step.nid;
    if (step.partner >= 0) nidOf[step.partner] = from;
    else {
      room[from]++;
      room[step.nid]--;
    }
  }
}

/** Threads that each node can still take. */
function roomOf({ nrCpus, nidOf }: Seats): number[] {
  const live = nidOf.filter((nid) => nid >= 0);
  const allCpus = nrCpus.reduce((sum, cpus) => sum + cpus, 0);
  return nrCpus.map((cpus, nid) => {
    const most = Math.max(cpus, Math.ceil((live.length * cpus) / allCpus));
    return most - live.filter((own) => own === nid).length;
  });
}

interface Choice {
  readonly wishes: Wishes;
  readonly seats: Seats;
  readonly nidOf: readonly number[];
  readonly room: readonly number[];
  /** Of sharing everything with one other thread. */
  readonly weight: number;
}

function bestStep(choice: Choice): Step | null {
  const { wishes, seats, nidOf, room, weight } = choice;
  let best: Step | null = null;
  const consider = (step: Step): void => {
    const threshold = step.partner < 0 ? HYSTERESIS : 2 * HYSTERESIS;
    if (step.gain > threshold && (best === null || step.gain > best.gain)) best = step;
  };
  nidOf.forEach((from, thread) => {
    if (from < 0) return;
    for (let nid = 0; nid < room.length; nid++) {
      if (nid === from || seats.nrCpus[nid] === 0 || !seats.mayRun(thread, nid)) continue;
      const gain = gainOf(choice, thread, nid);
      if (room[nid] > 0) consider({ gain, thread, nid, partner: -1 });
      nidOf.forEach((own, partner) => {
        // Of the two that change places the first is named.
        if (own !== nid || partner < thread || !seats.mayRun(partner, from)) return;
        const apart = 2 * weight * wishes.sharedBy(thread, partner);
        consider({ gain: gain + gainOf(choice, partner, from) - apart, thread, nid, partner });
      });
    }
  });
  return best;
}

/** What `thread` gains on `nid` while all others stay. */
function gainOf({ wishes, nidOf, weight }: Choice, thread: number, nid: number): number {
  const own = nidOf[thread];
  let company = 0;
  nidOf.forEach((other, u) => {
    if (u === thread) return;
    if (other === nid) company += wishes.sharedBy(thread, u);
    else if (other === own) company -= wishes.sharedBy(thread, u);
  });
  return wishes.touchShare(thread, nid) - wishes.touchShare(thread, own) + weight * company;
}

/** The thread that shares the most gets `TOGETHER_WEIGHT` from all others together. The same for all, or steps might go round. */
function weightOf(wishes: Wishes, nidOf: readonly number[]): number {
  const live = nidOf.flatMap((nid, thread) => (nid < 0 ? [] : [thread]));
  const company = live.map((t) => live.reduce((sum, u) => sum + (u === t ? 0 : wishes.sharedBy(t, u)), 0));
  return TOGETHER_WEIGHT / Math.max(LITTLE_COMPANY, ...company);
}

/** CPUs as `chooseCpus` sees them. */
export interface Cpus {
  readonly nidOfCpu: readonly number[];
  /** By thread, now. */
  readonly cpuOf: readonly number[];
  allowed(thread: number, cpu: number): boolean;
}

/** The CPU of each thread, on the node that `nidOf` says: who is there already stays, others take the one with the fewest threads. */
export function chooseCpus(nidOf: readonly number[], { nidOfCpu, cpuOf, allowed }: Cpus): number[] {
  const threads = new Array<number>(nidOfCpu.length).fill(0);
  const stays = (thread: number) => nidOf[thread] >= 0 && nidOfCpu[cpuOf[thread]] === nidOf[thread];
  cpuOf.forEach((cpu, thread) => {
    if (stays(thread)) threads[cpu]++;
  });
  return cpuOf.map((cpu, thread) => {
    if (nidOf[thread] < 0 || stays(thread)) return cpu;
    let best = -1;
    nidOfCpu.forEach((nid, other) => {
      if (nid === nidOf[thread] && allowed(thread, other) && (best < 0 || threads[other] < threads[best])) best = other;
    });
    if (best < 0) return cpu;
    threads[best]++;
    return best;
  });
}
