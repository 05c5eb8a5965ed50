import { type AddrRange, Prng } from '@damonlab/base';
import {
  type DamonAttrs,
  type DamonOperations,
  damonRand,
  Kdamond,
  type KernelProfile,
  type KernelVersion,
  kernelProfile,
  NO_INTERVALS_GOAL,
  type RegionList,
  SplitMemory,
} from '@damonlab/damon';
import { type QuotaConfig, type SchemeConfig, STAT_EVERYTHING } from '../config.js';
import { Damos } from '../damos.js';
import type { ActionOutcome, DamosHooks, DamosMetrics, DamosOperations } from '../ports.js';
import { damosProfile } from '../profile.js';
import type { Scheme } from '../scheme.js';

export const PAGE = 4096;
export const MIB = 2 ** 20;

/** One application of an action. */
export interface Applied {
  readonly scheme: Scheme;
  readonly targetIndex: number;
  readonly start: number;
  readonly end: number;
}

export type Act = (applied: Applied) => ActionOutcome;

/** An address space without pages: functions say what is accessed and what actions do. */
export class FakeSpace implements DamonOperations, DamosOperations {
  readonly name: 'vaddr' | 'fvaddr' | 'paddr';
  isHot: (addr: number, targetIndex: number) => boolean = () => false;
  act: Act = ({ start, end }) => ({ appliedBytes: end - start, filterPassedBytes: end - start });
  residentBytes = (_targetIndex: number, start: number, end: number, _nid: number) => ({ total: end - start, onNode: 0 });
  invalid = new Set<number>();
  readonly applied: Applied[] = [];
  readonly #rng: Prng;
  readonly #profile: KernelProfile;

  constructor(name: 'vaddr' | 'fvaddr' | 'paddr', profile: KernelProfile, seed: number) {
    this.name = name;
    this.#profile = profile;
    this.#rng = Prng.stream(seed, 'space');
  }

  initRanges(): undefined {
    return undefined;
  }

  updateRanges(): undefined {
    return undefined;
  }

  prepareAccessChecks(_targetIndex: number, regions: RegionList): void {
    for (let i = 0; i < regions.length; i++) {
      regions.samplingAddr[i] = damonRand(this.#rng, regions.start[i], regions.end[i], this.#profile);
    }
  }

  checkAccesses(targetIndex: number, regions: RegionList): number {
    let max = 0;
    for (let i = 0; i < regions.length; i++) {
      if (this.isHot(regions.samplingAddr[i], targetIndex)) regions.nrAccesses[i]++;
      max = Math.max(max, regions.nrAccesses[i]);
    }
    return max;
  }

  targetValid(targetIndex: number): boolean {
    return !this.invalid.has(targetIndex);
  }

  apply(scheme: Scheme, targetIndex: number, start: number, end: number): ActionOutcome {
    const applied = { scheme, targetIndex, start, end };
    this.applied.push(applied);
    return this.act(applied);
  }
}

export const NO_METRICS: DamosMetrics = {
  memory: () => ({ freePages: 500, totalPages: 1_000 }),
  nodeMemory: () => undefined,
  memcgPages: () => undefined,
  hasMemcg: () => false,
  lruPages: () => ({ active: 0, inactive: 0 }),
  someMemPsiUs: () => 0,
};

export interface LabSetup {
  readonly schemes: readonly SchemeConfig[];
  readonly kernel?: KernelVersion;
  readonly space?: 'vaddr' | 'fvaddr' | 'paddr';
  readonly targetRanges?: readonly (readonly AddrRange[])[];
  readonly attrs?: Partial<DamonAttrs>;
  readonly metrics?: Partial<DamosMetrics>;
  readonly hooks?: DamosHooks;
  readonly seed?: number;
  /** How long a sample lasts by the clock. */
  readonly sampleNs?: number;
  readonly minRegionSz?: number;
}

/** A kdamond with schemes over a fake address space, and a clock that the test moves. */
export function createLab(setup: LabSetup) {
  const { schemes, kernel = '7.3', seed = 1, targetRanges = [[{ start: 0, end: 64 * MIB }]], hooks = {} } = setup;
  const profile = kernelProfile(kernel);
  const attrs: DamonAttrs = {
    sampleUs: 5_000,
    aggrUs: 100_000,
    opsUpdateUs: 1_000_000,
    minNrRegions: 10,
    maxNrRegions: 1_000,
    intervalsGoal: NO_INTERVALS_GOAL,
    ...setup.attrs,
  };
  const space = new FakeSpace(setup.space ?? 'vaddr', profile, seed);
  const clock = { hz: 250, ns: 1_000_000_000, nowNs: () => clock.ns };
  const metrics = { ...NO_METRICS, ...setup.metrics };
  const damos = new Damos({ schemes, profile: damosProfile(kernel), ops: space, metrics, clock, hooks });
  const kdamond = new Kdamond({
    attrs,
    profile,
    ops: space,
    targets: targetRanges.length,
    targetRanges,
    rng: Prng.stream(seed, 'kdamond'),
    splitMemory: new SplitMemory(),
    schemes: damos,
    ...(setup.minRegionSz !== undefined && { minRegionSz: setup.minRegionSz }),
  });
  kdamond.start();
  const sampleNs = setup.sampleNs ?? attrs.sampleUs * 1_000;
  const run = (samples: number): void => {
    for (let i = 0; i < samples; i++) {
      kdamond.prepare();
      clock.ns += kdamond.waiting ? kdamond.sleepUs * 1_000 : sampleNs;
      kdamond.afterSleep();
    }
  };
  return { kdamond, damos, space, clock, run };
}

/** One region of a table: `[start, end, nr_accesses, age]`; last_nr_accesses is the same as nr_accesses. */
export type Row = readonly [start: number, end: number, nr?: number, age?: number];

export function setRows(regions: RegionList, rows: readonly Row[]): void {
  regions.length = 0;
  rows.forEach(([start, end, nr = 0, age = 0], i) => {
    regions.append(start, end);
    regions.nrAccesses[i] = nr;
    regions.lastNrAccesses[i] = nr;
    regions.nrAccessesBp[i] = nr * 10_000;
    regions.age[i] = age;
  });
}

export function rowsOf(regions: RegionList): Row[] {
  return Array.from({ length: regions.length }, (_, i) => [regions.start[i], regions.end[i], regions.nrAccesses[i], regions.age[i]]);
}

/** Apply once what is due at the end of a window, on these regions of each target, addresses in bytes. */
export function applyTo(lab: ReturnType<typeof createLab>, ...rowsOfTargets: (readonly Row[])[]): Row[][] {
  const { ctx } = lab.kdamond;
  rowsOfTargets.forEach((rows, t) => {
    setRows(ctx.targets[t].regions, rows);
  });
  ctx.passedSampleIntervals += 20;
  ctx.nextAggregationSis = ctx.passedSampleIntervals;
  lab.damos.apply(ctx);
  return ctx.targets.map(({ regions }) => rowsOf(regions));
}

/** `stat` on everything, with changes. */
export function schemeOf(changes: Partial<SchemeConfig> = {}, quota: Partial<QuotaConfig> = {}): SchemeConfig {
  return { ...STAT_EVERYTHING, ...changes, quota: { ...STAT_EVERYTHING.quota, ...changes.quota, ...quota } };
}
