/** What the sampling hardware of a CPU is set to. */
export interface SamplingConfig {
  /** One access in so many is sampled. */
  readonly every: number;
  /** Which access is the first sample, 1 to `every`. */
  readonly first: number;
  /** What the interrupt of a sample costs, ns, ≥ 50. */
  readonly costNs: number;
}

/**
 * The counter of one CPU that picks one access in N: a countdown over the accesses that are made while it is on.
 *
 * @kernel arch/x86/events/amd/ibs.c perf_ibs_handle_irq (7.3, 6.12: the period only)
 */
export class AccessSampler {
  /** Whether somebody samples now. */
  on = false;
  /** The next sample is the so-manyth access from here, ≥ 1. */
  left: number;
  readonly config: SamplingConfig;

  constructor(config: SamplingConfig) {
    this.config = config;
    this.left = config.first;
  }
}
