/** A masim config file after parsing, field by field as masim reads it. Plain data. */
export interface MasimConfig {
  readonly regions: readonly MasimRegion[];
  readonly phases: readonly MasimPhase[];
}

export interface MasimRegion {
  readonly name: string;
  readonly bytes: number;
}

export type RwMode = 'ro' | 'wo' | 'rw';

export interface MasimPhase {
  readonly name: string;
  readonly durationMs: number;
  readonly patterns: readonly MasimPattern[];
}

export interface MasimPattern {
  /** Index into `MasimConfig.regions`. */
  readonly region: number;
  readonly random: boolean;
  /** Bytes. */
  readonly stride: number;
  readonly probability: number;
  /** Undefined: the run's default (`--default_rw_mode`, itself `wo` by default). */
  readonly rw?: RwMode;
}

/** masim's command line, under its own names, and what the simulation adds. */
export interface MasimOptions {
  /** `--nr_accesses_per_region`: accesses of one selection, default 131072. */
  readonly nrAccessesPerRegion: number;
  /** `--default_rw_mode`, default `wo`. */
  readonly defaultRwMode: RwMode;
  /** `--repeat`: times that the whole program runs, default 1. */
  readonly repeat: number;
  /** One selection is started every so many ns, the rest of the time the thread sleeps; 0: no pause. */
  readonly throttleNs: number;
  /** Instruction time of one sequential and one random access in ps (masim -O3: 8 and 16 instructions). */
  readonly sequentialPs: number;
  readonly randomPs: number;
  /** CPU time of masim's start-up (it fills its table of random numbers: 118 million instructions), ns. */
  readonly startupNs: number;
}
