import type { MasimConfig, MasimOptions } from './masim/config.js';
import type { SyntheticSpec } from './synthetic/spec.js';

/** A workload as plain data: what scenario files and messages between threads carry. `buildWorkload` makes it run. */
export type WorkloadSpec =
  | {
      readonly kind: 'masim';
      readonly name: string;
      readonly config: MasimConfig;
      readonly options: MasimOptions;
      readonly threads: number;
    }
  | { readonly kind: 'synthetic'; readonly name: string; readonly pattern: SyntheticSpec; readonly threads: number };
