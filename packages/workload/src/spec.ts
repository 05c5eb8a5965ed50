import type { MasimConfig, MasimOptions } from './masim/config.js';
import type { SyntheticSpec } from './synthetic/spec.js';

/** A workload as plain data: what scenario files and messages between threads carry. `buildWorkload` makes it run. */
export type WorkloadSpec = OwnWorkloadSpec | TraceSpec;

/** What this package makes run by itself. */
export type OwnWorkloadSpec =
  | {
      readonly kind: 'masim';
      readonly name: string;
      readonly config: MasimConfig;
      readonly options: MasimOptions;
      readonly threads: number;
    }
  | { readonly kind: 'synthetic'; readonly name: string; readonly pattern: SyntheticSpec; readonly threads: number };

/** A recorded trace that is run again. The file belongs to whoever opens it; its id says whether it is the one that was meant. */
export interface TraceSpec {
  readonly kind: 'trace';
  readonly name: string;
  /** Base name, and the directory that it was found in. What a run records has no directory: it must not depend on it. */
  readonly file: string;
  readonly dir?: string;
  /** Digest of the contents. */
  readonly id: string;
  readonly threads: number;
  /** Bytes of all pages that it touches. */
  readonly bytes: number;
  /** `clock`: accesses come when the trace's clock says; `fast`: one after the other, `accessPs` of computing each. */
  readonly pace: 'clock' | 'fast';
  /** `clock`: virtual time of a tick of the trace, ps. */
  readonly tickPs: number;
  /** `fast`: ps. */
  readonly accessPs: number;
  /** How often the whole trace is run, ≥ 1. */
  readonly repeat: number;
}
