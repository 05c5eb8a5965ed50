import type { Prng } from '@damonlab/base';

/** Threads and CPUs as a policy sees them. Threads by number. */
export interface Placeable {
  readonly nrCpus: number;
  readonly threads: readonly { readonly id: number }[];
  nidOf(cpu: number): number;
  cpuOf(thread: number): number;
  current(cpu: number): number;
  nrRunning(cpu: number): number;
  runnable(thread: number): boolean;
  allowed(thread: number, cpu: number): boolean;
  preferredNid(thread: number): number;
  move(thread: number, cpu: number): boolean;
}

/** A CPU must have so many more runnable threads than another that one of them is pulled over. */
const IMBALANCE = 2;

/**
 * Each CPU in turn pulls a thread from the busiest one, first on its own node, then anywhere, where that has at least two more. Of
 * the threads that wait there, those come first whose preferred node is the puller's; one that is on its preferred node is pulled away
 * from it only by an idle CPU.
 *
 * @kernel kernel/sched/fair.c load_balance, migrate_degrades_locality (7.3, 6.12: outline)
 */
export function balance(all: Placeable): void {
  for (let cpu = 0; cpu < all.nrCpus; cpu++) {
    const own = all.nidOf(cpu);
    if (!pull(all, cpu, (other) => all.nidOf(other) === own)) pull(all, cpu, (other) => all.nidOf(other) !== own);
  }
}

function pull(all: Placeable, cpu: number, among: (other: number) => boolean): boolean {
  const running = all.nrRunning(cpu);
  const busiest = busiestOf(all, cpu, among);
  if (busiest < 0 || all.nrRunning(busiest) < running + IMBALANCE) return false;
  const thread = bestToPull(all, busiest, cpu, running === 0);
  return thread >= 0 && all.move(thread, cpu);
}

function busiestOf(all: Placeable, cpu: number, among: (other: number) => boolean): number {
  let busiest = -1;
  for (let other = 0; other < all.nrCpus; other++) {
    if (other === cpu || !among(other)) continue;
    if (busiest < 0 || all.nrRunning(other) > all.nrRunning(busiest)) busiest = other;
  }
  return busiest;
}

/** The waiting thread of `from` that should go to `to`, -1: none. */
function bestToPull(all: Placeable, from: number, to: number, idle: boolean): number {
  let best = -1;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const { id } of all.threads) {
    if (all.cpuOf(id) !== from || id === all.current(from) || !all.runnable(id) || !all.allowed(id, to)) continue;
    const rank = localityRank(all, id, from, to);
    if (rank === DEGRADES && !idle) continue;
    if (rank < bestRank) {
      best = id;
      bestRank = rank;
    }
  }
  return best;
}

const DEGRADES = 2;

/** 0: comes home; 1: no matter; 2: leaves its preferred node. */
function localityRank(all: Placeable, thread: number, from: number, to: number): number {
  const preferred = all.preferredNid(thread);
  if (preferred < 0 || all.nidOf(from) === all.nidOf(to)) return 1;
  if (preferred === all.nidOf(to)) return 0;
  return preferred === all.nidOf(from) ? DEGRADES : 1;
}

/** One thread that may move, drawn at random, goes to a CPU drawn at random. */
export function moveAtRandom(all: Placeable, rng: Prng): void {
  const thread = rng.below(all.threads.length);
  const cpu = rng.below(all.nrCpus);
  if (all.allowed(thread, cpu)) all.move(thread, cpu);
}
