export interface InterleaveTunerSettings {
  /** Bandwidth of the fast node, bytes per ns, below which it is taken for unsaturated. */
  readonly cutoff: number;
}

/** Percentage points that one adjustment takes from the fast node, or gives back. */
const LEAST_STEP = 2;
const MOST_STEP = 10;
/** After so many good steps in a row the next one is twice as long. */
const PACE = 3;
/** Of the samples of an adjustment this share is below what counts: short pauses of the programs do not. */
const PERCENTILE = 0.8;
const ALL = 100;
/** Most that the kernel takes for the weight of a node. */
const MOST_WEIGHT = 255;

/**
 * A user-space program that sets weights of interleaving by what it sees of the bandwidth of the fast node alone. While that is not
 * saturated, pages come back to it; else the program climbs: throughput, which is that bandwidth by the share of the fast node, rises with
 * a good step, and the next one goes on; after a bad one it turns round and takes half of it. The rules are those of `cipp`, a public
 * program of this kind that reads the counters of the memory controllers and writes sysfs.
 */
export class InterleaveTuner {
  /** Percent of the pages that are to be on the fast node. */
  local = ALL;
  readonly #settings: InterleaveTunerSettings;
  readonly #samples: number[] = [];
  #step = -MOST_STEP;
  #good = 0;
  #lastThroughput = 0;

  constructor(settings: InterleaveTunerSettings) {
    this.#settings = settings;
  }

  /** The fast node moved so many bytes per ns. */
  sample(bandwidth: number): void {
    this.#samples.push(bandwidth);
  }

  /** Go a step on by what was sampled since the last one. Returns `local`; without samples it stays. */
  adjust(): number {
    const samples = this.#samples.splice(0).sort((a, b) => a - b);
    if (samples.length === 0) return this.local;
    const bandwidth = samples[Math.max(0, Math.floor(samples.length * PERCENTILE) - 1)];
    const throughput = bandwidth / Math.max(1, this.local);
    this.#step = bounded(this.#next(bandwidth, throughput));
    this.#lastThroughput = throughput;
    this.local = Math.min(ALL, Math.max(0, this.local + this.#step));
    return this.local;
  }

  #next(bandwidth: number, throughput: number): number {
    if (bandwidth < this.#settings.cutoff) return this.#step < 0 ? -this.#step / 2 : this.#step;
    if (this.local === ALL) return -Math.abs(this.#step);
    if (throughput <= this.#lastThroughput) {
      this.#good = 0;
      return -this.#step / 2;
    }
    this.#good++;
    if (this.#good < PACE) return this.#step;
    this.#good = 0;
    return 2 * this.#step;
  }
}

function bounded(step: number): number {
  return Math.sign(step) * Math.min(MOST_STEP, Math.max(LEAST_STEP, Math.trunc(Math.abs(step))));
}

/** Weights of fast and slow node for `local` percent on the fast one, as sysfs takes them: there no node can have none. */
export function sysfsWeights(local: number): [fast: number, slow: number] {
  if (local === ALL) return [MOST_WEIGHT, 1];
  return local === 0 ? [1, MOST_WEIGHT] : [local, ALL - local];
}
