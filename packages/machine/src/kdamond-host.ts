import { Prng, PS_PER_NS, UserError } from '@damonlab/base';
import { type CpuChannel, STATE_SLOTS, StateSlot } from '@damonlab/cpu';
import {
  checkAttrs,
  checkRegions,
  type DamonAttrs,
  DEFAULT_HZ,
  Kdamond,
  kernelProfile,
  type RegionList,
  type SplitMemory,
  sleepNs,
} from '@damonlab/damon';
import { HintFaultPrimitive, type ReportingPrimitive, SampledAccesses, type SeenAccess } from '@damonlab/damon-ops';
import type { AttributionWindow, RunTables, Snapshot, TableName } from '@damonlab/record';
import { createActions } from './actions.js';
import type { FaultUser } from './arbiter.js';
import type { MonitorConfig } from './config.js';
import type { AttrsChange, CommitRecord, RegionsNow } from './control.js';
import type { MappingsChanged } from './equip-memory.js';
import type { Policy } from './policies.js';
import { SchemeHost } from './scheme-host.js';
import { schemeMetrics } from './scheme-metrics.js';
import { StatHost } from './stat-host.js';
import { Watched, type WatchedParts } from './watched.js';

/** What a kdamond has done, for the run's counters. */
export interface KdamondCounters {
  samples: number;
  aggregations: number;
  /** Virtual time it worked, ns. */
  workNs: number;
}

export interface KdamondParts extends WatchedParts {
  /** Its number among the machine's kdamonds, from 0. */
  readonly index: number;
  readonly channel: CpuChannel;
  readonly changed: MappingsChanged;
  /** One for all kdamonds. */
  readonly splitMemory: SplitMemory;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onAttribution: (window: AttributionWindow) => void;
  readonly onRows: <Name extends TableName>(table: Name, rows: readonly RunTables[Name][]) => void;
  /** What acts at the end of a window. */
  readonly policies: readonly Policy[];
  /** Assert the invariants of all regions at each aggregation. */
  readonly check: boolean;
}

/**
 * Drives DAMON's core in virtual time: its timer, what its work costs, and from which CPU that time is taken.
 * A wake-up is one instant: check, merge, split and the next clearing all see the memory of that instant, and the
 * work's time passes after it.
 */
export class KdamondHost {
  readonly counters: KdamondCounters = { samples: 0, aggregations: 0, workNs: 0 };
  /** When the kdamond wants to wake up, ns, the first time to begin to monitor; Infinity once it has ended. */
  wakeNs: number;
  /** True in the wake-up that ended an aggregation window. */
  aggregated = false;
  /** Whether it has begun to monitor. */
  started = false;
  /** What was asked for while it ran, in that order. */
  readonly committed: CommitRecord[] = [];
  readonly #parts: KdamondParts;
  readonly #kdamond: Kdamond;
  readonly #watched: Watched;
  /** Null: there are no schemes, and there will be none. */
  readonly #schemes: SchemeHost | null;
  /** Null: nobody asks for DAMON_STAT. */
  readonly #stat: StatHost | null;
  #windowStartNs = 0;
  #nextCommit = 0;
  /** The scenario's commits and those that were asked for since, by time. */
  readonly #commits: MonitorConfig['commits'][number][];
  /** What policies did since the last timer was set, ns. */
  #policyNs = 0;
  #nowNs = 0;

  constructor(parts: KdamondParts) {
    const { config, monitor, onRows } = parts;
    const rng = Prng.stream(config.seed, parts.index === 0 ? 'kdamond' : `kdamond/${parts.index}`);
    this.#parts = parts;
    this.wakeNs = monitor.startNs ?? 0;
    this.#commits = [...monitor.commits];
    this.#watched = new Watched(parts, rng, () => this.#nowNs);
    this.#schemes = this.#createSchemes();
    this.#stat = monitor.damonStat === true ? new StatHost((rows) => onRows('damon_stat', rows)) : null;
    this.#kdamond = new Kdamond({
      attrs: monitor.attrs,
      profile: kernelProfile(monitor.kernel),
      ops: this.#watched.ops,
      targets: this.#watched.targets.length,
      pause: monitor.pause ?? false,
      targetRanges: monitor.regions,
      rng,
      splitMemory: parts.splitMemory,
      hooks: { onAggregated: (target, regions) => this.#aggregate(target, regions) },
      ...(this.#schemes && { schemes: this.#schemes.damos }),
    });
  }

  #createSchemes(): SchemeHost | null {
    const { config, monitor, memory, processes, onRows } = this.#parts;
    const schemes = monitor.schemes ?? [];
    if (schemes.length === 0 && monitor.commits.every((commit) => commit.schemes === undefined)) return null;
    const { targets, vaddrTargets } = this.#watched;
    return new SchemeHost({
      kernel: monitor.kernel,
      schemes,
      ops: (spend) => createActions(this.#parts, vaddrTargets, () => this.#watched.valid(), spend),
      metrics: schemeMetrics(memory, config, processes),
      nowNs: () => this.#nowNs,
      onRound: (row) => onRows('schemes', [row]),
      onTried: (rows) =>
        onRows(
          'tried_regions',
          rows.map((row) => ({ ...row, targetId: targets[row.targetId] })),
        ),
    });
  }

  /** What a primitive that knows who made an access saw and lost; empty without one. */
  get reportCounters(): Record<string, number> {
    return this.#watched.reporting?.totals() ?? {};
  }

  /** Whether the CPUs sample accesses now: only while it monitors. */
  get sampling(): boolean {
    return this.#watched.primitive instanceof SampledAccesses && this.started && this.wakeNs !== Number.POSITIVE_INFINITY;
  }

  /** A CPU sampled an access, which took `latencyNs`. */
  onSample(seen: SeenAccess, latencyNs: number): void {
    const { primitive } = this.#watched;
    if (primitive instanceof SampledAccesses) primitive.onSample(seen, latencyNs);
  }

  /** Number of the hinting-fault user that it monitors with; undefined with another primitive. */
  get faultUser(): FaultUser | undefined {
    const faults = this.#watched.primitive;
    if (!(faults instanceof HintFaultPrimitive)) return undefined;
    return { id: faults.user, setOn: () => {}, armed: () => faults.armedEntries };
  }

  get nrRegions(): number {
    return this.#kdamond.nrRegions;
  }

  /** It is `wakeNs`: begin to monitor, or the timer fired. */
  wake(nowNs: number): void {
    this.#nowNs = nowNs;
    this.aggregated = false;
    if (this.started) this.#sample(nowNs);
    else this.#start(nowNs);
  }

  #start(nowNs: number): void {
    this.started = true;
    this.#windowStartNs = nowNs;
    this.#kdamond.start();
    this.#prepare(nowNs);
  }

  #sample(nowNs: number): void {
    if (!this.#kdamond.waiting) {
      this.counters.samples++;
      this.#watched.reporting?.wake(nowNs, this.#kdamond.sleepUs);
    }
    this.#schemes?.wake();
    if (this.#stat !== null) this.#kdamond.call((ctx) => this.#stat?.refresh(ctx, nowNs));
    this.#commit(nowNs);
    const goesOn = this.#kdamond.afterSleep() === 'continue';
    if (this.aggregated) {
      this.counters.aggregations++;
      this.#windowStartNs = nowNs;
      for (const policy of this.#parts.policies) this.#policyNs += Math.round(policy.act());
    }
    if (goesOn) this.#prepare(nowNs);
    else this.wakeNs = Number.POSITIVE_INFINITY;
  }

  /** Attributes in force, or the last that were asked for. */
  get attrs(): DamonAttrs {
    return this.#commits[this.#nextCommit - 1]?.attrs ?? this.#parts.monitor.attrs;
  }

  /** Other attributes from `atNs` on, which is not before the last wake-up. @throws UserError where the kernel answers -EINVAL. */
  commit(change: AttrsChange, atNs: number): CommitRecord {
    const { kernel } = this.#parts.monitor;
    if (this.wakeNs === Number.POSITIVE_INFINITY) {
      throw new UserError('the kdamond has ended', { where: 'commit', expected: 'a target that is still there' });
    }
    const attrs = { ...(this.committed.at(-1)?.attrs ?? this.attrs), ...change };
    checkAttrs(attrs, kernelProfile(kernel));
    const commit = { atNs, attrs };
    this.committed.push(commit);
    this.#ask(commit);
    return commit;
  }

  /** Weights by node for all destinations of its schemes, from `atNs` on; all else is committed again as it was last asked for. */
  setDests(weights: ReadonlyMap<number, number>, atNs: number): void {
    const { monitor } = this.#parts;
    const asked = this.#commits.filter((commit) => commit.atNs <= atNs);
    const schemes = asked.findLast((commit) => commit.schemes !== undefined)?.schemes ?? monitor.schemes ?? [];
    const attrs = asked.at(-1)?.attrs ?? monitor.attrs;
    const weighted = schemes.map((scheme) => ({
      ...scheme,
      dests: scheme.dests.map(({ nid, weight }) => ({ nid, weight: weights.get(nid) ?? weight })),
    }));
    this.#ask({ atNs, attrs, schemes: weighted });
  }

  #ask(commit: MonitorConfig['commits'][number]): void {
    const later = this.#commits.findIndex((due) => due.atNs > commit.atNs);
    this.#commits.splice(later < 0 ? this.#commits.length : later, 0, commit);
  }

  /** Regions of all targets as they are now. */
  regions(): RegionsNow[] {
    return this.#kdamond.targets.map(({ regions }, target) => ({
      targetId: this.#watched.targets[target],
      regions: Array.from({ length: regions.length }, (_, i) => ({
        start: regions.start[i],
        end: regions.end[i],
        nrAccesses: regions.nrAccesses[i],
        age: regions.age[i],
      })),
    }));
  }

  /** Ask for what is due; the core serves it where the kernel does. */
  #commit(nowNs: number): void {
    const commits = this.#commits;
    for (; this.#nextCommit < commits.length && commits[this.#nextCommit].atNs <= nowNs; this.#nextCommit++) {
      const { attrs, schemes, regions: targetRanges, pause } = commits[this.#nextCommit];
      this.#kdamond.commit({ attrs, pause, targetRanges, schemes: schemes && ((ctx) => this.#schemes?.commit(ctx, schemes)) });
    }
  }

  #prepare(nowNs: number): void {
    const { config, monitor, channel } = this.#parts;
    const { work } = this.#watched.primitive;
    work.mapped = 0;
    work.hole = 0;
    work.armed = 0;
    this.#kdamond.prepare();
    const { wall } = this.#parts;
    const modelledNs = this.#workNs() + this.#policyNs + (this.#schemes?.takeSpentNs() ?? 0);
    const workNs = wall === null ? modelledNs : wall.nowNs() - nowNs;
    this.#policyNs = 0;
    this.counters.workNs += workNs;
    if (monitor.kdamond.cpu !== null && wall === null)
      channel.state[monitor.kdamond.cpu * STATE_SLOTS + StateSlot.stealPs] += workNs * PS_PER_NS;
    const sleepFrom = nowNs + workNs;
    const due = sleepFrom + sleepNs(this.#kdamond.sleepUs, kernelProfile(monitor.kernel), DEFAULT_HZ, sleepFrom);
    this.wakeNs = Math.ceil(due / config.timerGranularityNs) * config.timerGranularityNs;
  }

  #workNs(): number {
    const { kdamond } = this.#parts.monitor;
    const { mapped, hole, armed } = this.#watched.primitive.work;
    const sampling = kdamond.wakeNs + mapped * kdamond.mappedNs + hole * kdamond.holeNs + armed * kdamond.armNs;
    return Math.round(sampling + (this.aggregated ? this.nrRegions * kdamond.aggregateNs : 0));
  }

  #aggregate(target: number, regions: RegionList): void {
    this.aggregated = true;
    const targetId = this.#watched.targets[target];
    if (this.#parts.check) checkRegions(regions);
    const { sampleUs, aggrUs } = this.#kdamond.windowAttrs;
    const { length } = regions;
    const snapshot = {
      targetId,
      startNs: this.#windowStartNs,
      endNs: this.#nowNs,
      sampleUs,
      aggrUs,
      start: regions.start.slice(0, length),
      end: regions.end.slice(0, length),
      nrAccesses: regions.nrAccesses.slice(0, length),
      age: regions.age.slice(0, length),
    };
    this.#parts.onSnapshot(snapshot);
    for (const policy of this.#parts.policies) policy.snapshot?.(snapshot);
    const { reporting } = this.#watched;
    if (reporting !== null) this.#attribute(reporting, target, regions);
  }

  #attribute(reporting: ReportingPrimitive, target: number, regions: RegionList): void {
    const { targets, workloadRegions } = this.#watched;
    const targetId = targets[target];
    const reported = reporting.takeAttribution(target, regions);
    for (const policy of this.#parts.policies) policy.attribution?.(targetId, reported);
    const rows = reported.map(({ place, ...row }) => ({ ...row, workloadRegion: workloadRegions.nameOf(place) }));
    this.#parts.onAttribution({ targetId, startNs: this.#windowStartNs, endNs: this.#nowNs, rows });
  }
}
