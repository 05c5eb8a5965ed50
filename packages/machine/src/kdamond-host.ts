import { NS_PER_SEC, Prng, PS_PER_NS, UserError } from '@damonlab/base';
import { type CpuChannel, STATE_SLOTS, StateSlot } from '@damonlab/cpu';
import {
  checkAttrs,
  checkRegions,
  type DamonAttrs,
  type DamonContext,
  type DamonOperations,
  type DamonRandom,
  DEFAULT_HZ,
  Kdamond,
  kernelProfile,
  type RegionList,
  type SplitMemory,
  sleepNs,
} from '@damonlab/damon';
import {
  AccessedBit,
  type AccessPrimitive,
  CountOnly,
  HintFaultPrimitive,
  PaddrOperations,
  type ReportingPrimitive,
  SampledAccesses,
  type SeenAccess,
  VaddrOperations,
} from '@damonlab/damon-ops';
import type { HintFaults } from '@damonlab/hint-faults';
import { type Memory, nrCpus } from '@damonlab/mm';
import { memoryStat } from '@damonlab/policies';
import type { AttributionWindow, RunTables, Snapshot, TableName } from '@damonlab/record';
import type { FaultUser } from './arbiter.js';
import type { MachineConfig, MonitorConfig } from './config.js';
import type { AttrsChange, CommitRecord, RegionsNow } from './control.js';
import type { PhaseLog } from './phase-log.js';
import type { Policy } from './policies.js';
import type { Process } from './processes.js';
import { SchemeHost } from './scheme-host.js';
import { schemeMetrics } from './scheme-metrics.js';
import { WorkloadRegions } from './workload-regions.js';

/** What is different for a kdamond that is a real thread among others. */
export interface WallKdamond {
  /** The time, ns: its work takes what it takes. */
  nowNs(): number;
  /** Where the other threads post reports for kdamond `index`. */
  reports(index: number): SharedArrayBuffer | undefined;
  /** Looks on what kdamond `index` does by Accessed bits. */
  audit(index: number, primitive: AccessPrimitive): AccessPrimitive;
}

/** What a kdamond has done, for the run's counters. */
export interface KdamondCounters {
  samples: number;
  aggregations: number;
  /** Virtual time it worked, ns. */
  workNs: number;
}

export interface KdamondParts {
  readonly config: MachineConfig;
  /** Its number among the machine's kdamonds, from 0. */
  readonly index: number;
  readonly monitor: MonitorConfig;
  readonly memory: Memory;
  readonly processes: readonly Process[];
  readonly phases: PhaseLog;
  readonly channel: CpuChannel;
  /** Null unless somebody uses hinting faults. */
  readonly hintFaults: HintFaults | null;
  /** One for all kdamonds. */
  readonly splitMemory: SplitMemory;
  readonly onSnapshot: (snapshot: Snapshot) => void;
  readonly onAttribution: (window: AttributionWindow) => void;
  readonly onRows: <Name extends TableName>(table: Name, rows: readonly RunTables[Name][]) => void;
  /** What acts at the end of a window. */
  readonly policies: readonly Policy[];
  /** Assert the invariants of all regions at each aggregation. */
  readonly check: boolean;
  /** Null: time is virtual. */
  readonly wall: WallKdamond | null;
}

/** Least time between two refreshes of DAMON_STAT. */
const STAT_EVERY_NS = 5 * NS_PER_SEC;

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
  /** By target: the process that it watches. */
  readonly #targets: readonly number[];
  readonly #kdamond: Kdamond;
  readonly #primitive: AccessPrimitive;
  /** The same, when it knows who made an access. */
  readonly #reporting: ReportingPrimitive | null;
  readonly #workloadRegions: WorkloadRegions;
  /** Null: there are no schemes, and there will be none. */
  readonly #schemes: SchemeHost | null;
  #windowStartNs = 0;
  #nextCommit = 0;
  /** The scenario's commits and those that were asked for since, by time. */
  readonly #commits: MonitorConfig['commits'][number][];
  /** When DAMON_STAT was last refreshed, ns. */
  #statNs = 0;
  /** What policies did since the last timer was set, ns. */
  #policyNs = 0;
  #nowNs = 0;

  constructor(parts: KdamondParts) {
    const { config, monitor, memory } = parts;
    const profile = kernelProfile(monitor.kernel);
    const rng = Prng.stream(config.seed, parts.index === 0 ? 'kdamond' : `kdamond/${parts.index}`);
    this.#parts = parts;
    this.#targets = targetsOf(parts);
    this.wakeNs = monitor.startNs ?? 0;
    this.#commits = [...monitor.commits];
    this.#workloadRegions = new WorkloadRegions(parts.processes);
    this.#reporting = createReportingPrimitive(parts, this.#workloadRegions);
    this.#primitive = this.#reporting ?? audited(parts, new AccessedBit(memory, profile));
    const ops = this.#createOperations(rng);
    this.#schemes = this.#createSchemes(ops);
    this.#kdamond = new Kdamond({
      attrs: monitor.attrs,
      profile,
      ops,
      targets: this.#targets.length,
      pause: monitor.pause ?? false,
      targetRanges: monitor.regions,
      rng,
      splitMemory: parts.splitMemory,
      hooks: { onAggregated: (target, regions) => this.#aggregate(target, regions) },
      ...(this.#schemes && { schemes: this.#schemes.damos }),
    });
  }

  #createSchemes(ops: DamonOperations): SchemeHost | null {
    const { config, monitor, memory, onRows } = this.#parts;
    const schemes = monitor.schemes ?? [];
    if (schemes.length === 0 && monitor.commits.every((commit) => commit.schemes === undefined)) return null;
    return new SchemeHost({
      kernel: monitor.kernel,
      schemes,
      ops: () => new CountOnly(ops),
      metrics: schemeMetrics(memory, config.topology),
      nowNs: () => this.#nowNs,
      onRound: (row) => onRows('schemes', [row]),
      onTried: (rows) =>
        onRows(
          'tried_regions',
          rows.map((row) => ({ ...row, targetId: this.#targets[row.targetId] })),
        ),
    });
  }

  /** What a primitive that knows who made an access saw and lost; empty without one. */
  get reportCounters(): Record<string, number> {
    return this.#reporting?.totals() ?? {};
  }

  /** Whether the CPUs sample accesses now: only while it monitors. */
  get sampling(): boolean {
    return this.#primitive instanceof SampledAccesses && this.started && this.wakeNs !== Number.POSITIVE_INFINITY;
  }

  /** A CPU sampled an access, which took `latencyNs`. */
  onSample(seen: SeenAccess, latencyNs: number): void {
    if (this.#primitive instanceof SampledAccesses) this.#primitive.onSample(seen, latencyNs);
  }

  /** Number of the hinting-fault user that it monitors with; undefined with another primitive. */
  get faultUser(): FaultUser | undefined {
    const faults = this.#primitive;
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

  #createOperations(rng: DamonRandom): DamonOperations {
    const { config, monitor, memory, processes, phases } = this.#parts;
    const profile = kernelProfile(monitor.kernel);
    const lingerNs = monitor.lingerNs ?? 0;
    const alive = (p: number) => phases.alive(p) || this.#nowNs < phases.endedNs(p) + lingerNs;
    const primitive = this.#primitive;
    if (monitor.ops === 'paddr') {
      const spaces = processes.map((process) => process.space);
      // Physical memory does not end with what runs in it: only a run without a duration of its own does.
      const valid = () => config.durationNs > 0 || processes.some((_, p) => alive(p));
      return new PaddrOperations({ memory, primitive, spaces, rng, profile, valid });
    }
    const targets = this.#targets.map((p) => ({ space: processes[p].space, hasMemory: () => phases.alive(p), alive: () => alive(p) }));
    return new VaddrOperations(monitor.ops, primitive, targets, rng, profile);
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
      this.#reporting?.wake(nowNs, this.#kdamond.sleepUs);
    }
    this.#schemes?.wake();
    if (this.#parts.monitor.damonStat === true) this.#kdamond.call((ctx) => this.#refreshStat(ctx));
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
    const later = this.#commits.findIndex((due) => due.atNs > atNs);
    this.#commits.splice(later < 0 ? this.#commits.length : later, 0, commit);
    return commit;
  }

  /** Regions of all targets as they are now. */
  regions(): RegionsNow[] {
    return this.#kdamond.targets.map(({ regions }, targetId) => ({
      targetId,
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
      const { attrs, schemes, pause } = commits[this.#nextCommit];
      this.#kdamond.commit({ attrs, pause, schemes: schemes && ((ctx) => this.#schemes?.commit(ctx, schemes)) });
    }
  }

  /** @kernel mm/damon/stat.c damon_stat_damon_call_fn (7.3) */
  #refreshStat({ targets, attrs }: DamonContext): void {
    const atNs = this.#nowNs;
    if (atNs - this.#statNs <= STAT_EVERY_NS) return;
    this.#statNs = atNs;
    const { estimatedMemoryBandwidth: estimatedBandwidth, memoryIdleMsPercentiles } = memoryStat(targets, attrs);
    const rows = memoryIdleMsPercentiles.map((idleMs, percentile) => ({ atNs, estimatedBandwidth, percentile, idleMs }));
    this.#parts.onRows('damon_stat', rows);
  }

  #prepare(nowNs: number): void {
    const { config, monitor, channel } = this.#parts;
    const { work } = this.#primitive;
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
    const { mapped, hole, armed } = this.#primitive.work;
    const sampling = kdamond.wakeNs + mapped * kdamond.mappedNs + hole * kdamond.holeNs + armed * kdamond.armNs;
    return Math.round(sampling + (this.aggregated ? this.nrRegions * kdamond.aggregateNs : 0));
  }

  #aggregate(target: number, regions: RegionList): void {
    this.aggregated = true;
    const targetId = this.#targets[target];
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
    if (this.#reporting !== null) this.#attribute(this.#reporting, target, regions);
  }

  #attribute(reporting: ReportingPrimitive, target: number, regions: RegionList): void {
    const targetId = this.#targets[target];
    const reported = reporting.takeAttribution(target, regions);
    for (const policy of this.#parts.policies) policy.attribution?.(targetId, reported);
    const rows = reported.map(({ place, ...row }) => ({ ...row, workloadRegion: this.#workloadRegions.nameOf(place) }));
    this.#parts.onAttribution({ targetId, startNs: this.#windowStartNs, endNs: this.#nowNs, rows });
  }
}

/** By target: the process that it watches. paddr has one target, which is not about a process. */
function targetsOf({ monitor, processes }: KdamondParts): number[] {
  if (monitor.ops === 'paddr') return [0];
  return [...(monitor.targets ?? processes.keys())];
}

function audited({ wall, index }: KdamondParts, primitive: AccessPrimitive): AccessPrimitive {
  return wall === null ? primitive : wall.audit(index, primitive);
}

function createReportingPrimitive(parts: KdamondParts, { placeOf }: WorkloadRegions): ReportingPrimitive | null {
  const { config, monitor, hintFaults } = parts;
  const buffer = parts.wall?.reports(parts.index);
  const reports = {
    control: monitor.sample,
    nrCpus: nrCpus(config.topology),
    space: monitor.ops,
    processes: targetsOf(parts),
    ...(monitor.ops === 'paddr' ? { placeOf } : {}),
    ...(buffer === undefined ? {} : { buffer }),
  };
  if (monitor.sample.primitive === 'sampled_accesses') return new SampledAccesses(reports);
  return monitor.sample.primitive === 'page_fault' && hintFaults !== null ? new HintFaultPrimitive({ ...reports, hintFaults }) : null;
}
