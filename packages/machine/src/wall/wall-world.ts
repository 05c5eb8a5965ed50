import { NS_PER_MS, UserError } from '@damonlab/base';
import { type CpuChannel, openChannel } from '@damonlab/cpu';
import { HINT_FAULT_COUNTERS, type HintFaultCounters, RacingHintFaults } from '@damonlab/hint-faults';
import { nrCpus, openImage, type RacingMemory, type Reclaim } from '@damonlab/mm';
import { Charges } from '../charges.js';
import type { MachineConfig } from '../config.js';
import { equipMemory, type MappingsChanged, mappingsChanged } from '../equip-memory.js';
import type { ExecutorSpec } from '../executor.js';
import type { FaultLatencies } from '../latency-log.js';
import type { ScanHands } from '../numa-scans.js';
import { channelSizes, imageSizes, lruAddFilled, type Process } from '../processes.js';
import { usesHintFaults } from '../sharing.js';
import type { WallKdamond } from '../watched.js';
import { WorkerCrew } from '../worker-crew.js';
import type { Meeting, MeetingParts, World } from '../world.js';
import { AuditedPrimitive } from './accessed-audit.js';
import { WallClock } from './clock.js';
import { FaultDesk } from './fault-desk.js';
import { MOST_USERS, openWall, PUBLISHED, RACES, type WallViews } from './layout.js';
import { adviceRaces, needsLists, races, schemesOf } from './racing-schemes.js';
import { WallScans } from './scan-hands.js';
import { allocateBuffers, racingMemory, type WallBuffers, wallSizes } from './shared.js';
import { ShootdownLog } from './shootdown-log.js';
import { WallMeeting } from './wall-meeting.js';
import type { WallWorkerApi } from './wall-worker.js';

const WATCHDOG_MS = 30_000;
/** No slice is longer: the channel's logs have room for what happens in it. */
const LONGEST_SLICE_NS = 6 * NS_PER_MS;

/** The machine in wall time: CPUs run freely, the coordinator among them, on memory that all of them change (docs/concurrency.md). */
export class WallWorld implements World {
  readonly memory: RacingMemory;
  readonly hintFaults: RacingHintFaults | null;
  readonly shootdowns: ShootdownLog;
  readonly charges: Charges;
  readonly changed: MappingsChanged;
  readonly reclaim: Reclaim | null;
  readonly scans: ScanHands;
  /** Null: CPUs map their pages themselves. */
  readonly desk: FaultDesk | null;
  readonly channel: CpuChannel;
  readonly placing: CpuChannel;
  readonly faultLatencies: FaultLatencies;
  readonly wall: WallKdamond;
  readonly clock: WallClock;
  readonly views: WallViews;
  /** Kdamond 0, if it monitors by Accessed bits. */
  audit: AuditedPrimitive | undefined;
  readonly crew: WorkerCrew<WallWorkerApi>;
  /** A CPU that has finished no slice for this long hangs. */
  watchdogNs = WATCHDOG_MS * NS_PER_MS;

  private constructor(config: MachineConfig, processes: readonly Process[], buffers: WallBuffers, crew: WorkerCrew<WallWorkerApi>) {
    const views = openWall(buffers.wall, wallSizes(config, processes));
    const image = openImage(buffers.image, imageSizes(config, processes));
    this.views = views;
    this.faultLatencies = views;
    this.crew = crew;
    this.channel = openChannel(buffers.channel, channelSizes(config, processes));
    this.memory = racingMemory({ config, image, views, nrSpaces: processes.length, filled: lruAddFilled(config), thread: 0 });
    this.shootdowns = new ShootdownLog(views);
    this.clock = new WallClock(views);
    this.charges = new Charges({ ...this.channel, state: views.charged }, nrCpus(config.topology));
    // What the scheduler wants; the threads' CPUs let go of them when they have put them down.
    this.placing = { ...this.channel, threadCpu: views.wish, epoch: new Float64Array(this.channel.epoch.length) };
    for (const { threads } of processes) for (const { id, cpu } of threads) this.channel.threadCpu[id] = cpu;
    this.hintFaults = usesHintFaults(config) ? this.#createHintFaults(config) : null;
    this.changed = mappingsChanged(this.shootdowns, this.hintFaults);
    const lists = needsLists(config);
    const { memory } = this;
    this.reclaim = lists ? equipMemory(config, memory, processes, this.changed) : null;
    const { topology } = config;
    this.scans = new WallScans(views, () => this.desk?.serve(this.clock.nowNs()));
    this.desk = lists ? new FaultDesk({ views, memory, reclaim: this.reclaim, processes, topology, nrCpus: nrCpus(topology) }) : null;
    this.wall = {
      nowNs: () => this.clock.nowNs(),
      reports: (index) => buffers.reports[index] ?? undefined,
      audit: (index, primitive) => {
        if (index > 0) return primitive;
        this.audit = new AuditedPrimitive(primitive, image, views);
        return this.audit;
      },
    };
  }

  /** Bring up the CPUs. @throws UserError for what there is not in wall time, RunError when a worker cannot start. */
  static async create(machine: MachineConfig, processes: Process[], spec: ExecutorSpec, watchdogMs = WATCHDOG_MS): Promise<WallWorld> {
    if (spec === 'inline') {
      throw new UserError('CPUs that race need threads', { where: '--clock wall --executor inline', expected: 'threads, or lanes:N' });
    }
    refuseWhatOnlyRoundsHave(machine);
    const config = { ...machine, epochMaxNs: LONGEST_SLICE_NS };
    const buffers = allocateBuffers(config, processes);
    const cpus = Array.from({ length: nrCpus(config.topology) }, (_, cpu) => cpu);
    const lanes = spec === 'threads' ? cpus.length : Math.min(cpus.length, Number(spec.slice('lanes:'.length)));
    const crew = new WorkerCrew<WallWorkerApi>('wall/wall-worker', lanes);
    try {
      // Before the workers open what is in there.
      const world = new WallWorld(config, processes, buffers, crew);
      world.watchdogNs = watchdogMs * NS_PER_MS;
      const carried = (lane: number) => cpus.filter((cpu) => cpu % lanes === lane);
      await crew.all((api, lane) => api.configure(config, buffers, carried(lane)));
      return world;
    } catch (error) {
      await crew.close();
      throw error;
    }
  }

  meet(parts: MeetingParts): Meeting {
    return new WallMeeting(this, parts);
  }

  async close(): Promise<void> {
    this.clock.end();
    await this.crew.close();
  }

  /** What CPU `cpu` has published under `PUBLISHED[which]`. */
  published(cpu: number, which: (typeof PUBLISHED)[number]): number {
    return this.views.counts[cpu * (RACES.length + PUBLISHED.length) + RACES.length + PUBLISHED.indexOf(which)];
  }

  #createHintFaults({ sharing, topology }: MachineConfig): RacingHintFaults {
    const cpus = nrCpus(topology);
    return new RacingHintFaults({
      memory: this.memory,
      shootdown: this.shootdowns,
      strategy: sharing.strategy,
      uninstallEvery: sharing.uninstallEvery,
      state: this.views,
      touchedBefore: this.views.touchedBefore,
      others: (id) => this.#countedByCpus(id, cpus),
    });
  }

  #countedByCpus(user: number, cpus: number): HintFaultCounters {
    const sum = { armed: 0, lost_arms: 0, disarmed: 0, delivered: 0, misattributed: 0, stray: 0, lost_faults: 0, unmapped: 0 };
    const perCpu = MOST_USERS * HINT_FAULT_COUNTERS.length;
    for (let cpu = 0; cpu < cpus; cpu++) {
      const first = cpu * perCpu + user * HINT_FAULT_COUNTERS.length;
      for (const [i, name] of HINT_FAULT_COUNTERS.entries()) sum[name] += this.views.userCounts[first + i];
    }
    return sum;
  }
}

/** What is decided between rounds, when no CPU runs, and by nobody else. @throws UserError naming it. */
function refuseWhatOnlyRoundsHave(config: MachineConfig): void {
  const scheme = schemesOf(config).find((one) => !races(one));
  const call = config.processes.flatMap(({ madvise = [] }) => madvise).find(({ advice }) => !adviceRaces(advice));
  const found = [
    [config.policies?.interleaveTuner !== undefined, 'interleave_tuner: each CPU has the weights that it began with'],
    [config.otherMemory !== undefined, 'other_memory: the free lists that it brings are known to one thread'],
    [config.memory?.memcgs !== undefined, 'memcgs: what a cgroup has in use is known to one thread'],
    [config.thp === 'madvise', 'thp: madvise: what is advised is known to one thread'],
    [
      config.thp === 'always' && needsLists(config),
      'thp: always with LRU lists: to reclaim for a huge page takes claims inside of its own',
    ],
    [scheme !== undefined, `schemes: ${scheme?.action} changes how pages are mapped, which CPUs may be touching`],
    [call !== undefined, `madvise: ${call?.advice} changes how pages are mapped, which CPUs may be touching`],
  ].find(([is]) => is);
  if (found === undefined) return;
  throw new UserError('this exists in virtual time only', {
    where: '--clock wall',
    actual: String(found[1]),
    hint: 'leave it out, or run it with --clock virtual',
  });
}
