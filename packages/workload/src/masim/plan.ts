import { assert, NS_PER_MS } from '@damonlab/base';
import type { PhaseSpec } from '../access-program.js';
import { heapRegion } from '../address-space.js';
import type { MasimConfig, MasimOptions, MasimPattern, MasimPhase } from './config.js';

/** glibc's chunk header: malloc gives out the mapping's start plus this. */
export const MALLOC_HEADER_BYTES = 16;

/** A config with all choices resolved: what a thread of masim walks through. */
export interface MasimPlan {
  readonly phases: readonly PlannedPhase[];
  /** Sizes of the regions that some pattern accesses at random, each once. */
  readonly randomBytes: readonly number[];
  readonly nrRegions: number;
  readonly options: MasimOptions;
}

export interface PlannedPhase {
  readonly durationNs: number;
  readonly totalProbability: number;
  readonly patterns: readonly PlannedPattern[];
}

export interface PlannedPattern {
  readonly region: number;
  readonly bytes: number;
  readonly stride: number;
  readonly write: 0 | 1;
  /** Chosen by a draw below this (and not below that of the pattern before). */
  readonly probabilityEnd: number;
  /** Index into `MasimPlan.randomBytes`, -1: sequential. */
  readonly table: number;
}

export function planMasim(config: MasimConfig, options: MasimOptions): MasimPlan {
  const randomBytes: number[] = [];
  const phases = config.phases.map((phase) => {
    let total = 0;
    const patterns = phase.patterns.map((pattern): PlannedPattern => {
      const bytes = config.regions[pattern.region]?.bytes;
      assert(bytes !== undefined, `pattern of phase ${phase.name} names region ${pattern.region}`);
      if (pattern.random && !randomBytes.includes(bytes)) randomBytes.push(bytes);
      total += pattern.probability;
      return {
        region: pattern.region,
        bytes,
        stride: pattern.stride,
        write: (pattern.rw ?? options.defaultRwMode) === 'ro' ? 0 : 1,
        probabilityEnd: total,
        table: pattern.random ? randomBytes.indexOf(bytes) : -1,
      };
    });
    return { durationNs: phase.durationMs * NS_PER_MS, totalProbability: total, patterns };
  });
  return { phases, randomBytes, nrRegions: config.regions.length, options };
}

/** What the phases mean as truth: a region is hot if it is chosen at least a tenth as often as the one chosen most. */
export function phaseTruth(config: MasimConfig): readonly PhaseSpec[] {
  return config.phases.map((phase, index) => {
    const most = Math.max(...phase.patterns.map((pattern) => pattern.probability));
    const hot = config.regions
      .map((_, region) => region)
      .filter((region) => phase.patterns.some((pattern) => pattern.region === region && pattern.probability * 10 >= most));
    const also = phase.patterns.some((pattern) => pattern.random) ? [heapRegion(config.regions.length)] : [];
    return { name: phase.name, hot, also, initial: index === 0 && config.phases.length > 1 && touchesAllAlike(phase, config) };
  });
}

function touchesAllAlike(phase: MasimPhase, config: MasimConfig): boolean {
  const [first] = phase.patterns;
  const alike = phase.patterns.every((pattern: MasimPattern) => pattern.probability === first?.probability);
  return alike && config.regions.every((_, region) => phase.patterns.some((pattern) => pattern.region === region));
}
