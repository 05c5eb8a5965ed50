import { assert, NS_PER_MS, NS_PER_US, PS_PER_NS } from '@damonlab/base';
import { LATENCY_BUCKETS, openChannel } from '@damonlab/cpu';
import { AccessReports } from '@damonlab/damon-ops';
import { RacingHintFaults } from '@damonlab/hint-faults';
import { type AddressSpace, cpuToNode, openImage, type RacingMemory } from '@damonlab/mm';
import { numaProfile } from '@damonlab/numa-balancing';
import { type MachineConfig, monitorsOf } from '../config.js';
import { LaneThreads, samplingOf } from '../lane.js';
import { type FaultLatencies, LatencyLog, timingOf } from '../latency-log.js';
import { channelSizes, imageSizes, lruAddFilled, type Process } from '../processes.js';
import { ProtNuma } from '../prot-numa.js';
import { hintFaultUsers, usesHintFaults } from '../sharing.js';
import { WallClock } from './clock.js';
import { CpuFaults } from './cpu-faults.js';
import { askForPage } from './fault-desk.js';
import { NUMA_COLUMNS, NUMA_RING_SLOTS, openWall, RACES, type RaceCounts, WallState, type WallViews } from './layout.js';
import { changesMappings, needsLists, schemesOf } from './racing-schemes.js';
import { racingMemory, type WallBuffers, wallSizes } from './shared.js';
import { ShootdownLog } from './shootdown-log.js';
import { ringOf, WallCpu } from './wall-cpu.js';

/** A slice is so many times shorter than the shortest sampling interval, within these bounds, ns. */
const SLICES_PER_SAMPLE = 20;
const LEAST_SLICE_NS = 50 * NS_PER_US;
const MOST_SLICE_NS = NS_PER_MS;
/** A CPU that is further behind than this was descheduled: what it did not do in that time it never does. A tick of 250 Hz. */
export const MOST_LAG_NS = 4 * NS_PER_MS;
/** A CPU without threads looks this often whether it got one. */
const EMPTY_NS = 5 * NS_PER_MS;

/** Some CPUs of a machine in wall time, carried by one thread that takes them in turn. */
export class WallLane {
  readonly #clock: WallClock;
  readonly #cpus: readonly WallCpu[];
  readonly #sliceNs: number;

  constructor(config: MachineConfig, buffers: WallBuffers, cpuIds: readonly number[], processes: Process[]) {
    const views = openWall(buffers.wall, wallSizes(config, processes));
    this.#clock = new WallClock(views);
    this.#sliceNs = sliceNs(config);
    this.#cpus = cpuIds.map((id) => createCpu(id, config, buffers, views, processes));
    for (const cpu of this.#cpus) cpu.prepare();
  }

  /** Run until the coordinator ends the run. */
  run(): void {
    for (let state = this.#clock.state; state !== WallState.ended; state = this.#clock.state) {
      if (state !== WallState.running) {
        this.#clock.await(state, 1000);
        continue;
      }
      let nextNs = Number.POSITIVE_INFINITY;
      for (const cpu of this.#cpus) nextNs = Math.min(nextNs, this.#turn(cpu));
      const waitMs = (nextNs - this.#clock.nowNs()) / NS_PER_MS;
      if (waitMs > 0) this.#clock.await(state, waitMs);
    }
    for (const cpu of this.#cpus) cpu.leave();
  }

  /** A slice of `cpu`, if there is enough to do. Returns when its next one is due, ns. */
  #turn(cpu: WallCpu): number {
    const nowNs = this.#clock.nowNs();
    const lagNs = nowNs - cpu.nowNs;
    if (lagNs < this.#sliceNs) return cpu.nowNs + this.#sliceNs;
    if (lagNs > MOST_LAG_NS) {
      if (!cpu.empty) {
        cpu.counts.descheduled++;
        cpu.counts.descheduled_ns += Math.round(lagNs - this.#sliceNs);
      }
      cpu.skipTo(nowNs - this.#sliceNs);
    }
    cpu.slice(nowNs);
    return nowNs + (cpu.empty ? EMPTY_NS : this.#sliceNs);
  }
}

function sliceNs(config: MachineConfig): number {
  const sampleNs = Math.min(...monitorsOf(config).map(({ attrs }) => attrs.sampleUs * NS_PER_US));
  return Math.min(MOST_SLICE_NS, Math.max(LEAST_SLICE_NS, sampleNs / SLICES_PER_SAMPLE));
}

function createCpu(id: number, config: MachineConfig, buffers: WallBuffers, views: WallViews, processes: Process[]): WallCpu {
  const sizes = channelSizes(config, processes);
  const channel = openChannel(buffers.channel, sizes);
  const image = openImage(buffers.image, imageSizes(config, processes));
  const memory = racingMemory({ config, image, views, nrSpaces: processes.length, filled: lruAddFilled(config), thread: id + 1 });
  const counts = Object.fromEntries(RACES.map((name) => [name, 0])) as RaceCounts;
  const hintFaults = usesHintFaults(config) ? createHintFaults(config, memory, views, buffers, id, counts) : null;
  const faults = new CpuFaults({
    id,
    nid: cpuToNode(config.topology, id),
    memory,
    hintFaults,
    sampled: reportsOf(config, buffers, 'sampled_accesses'),
    racing:
      hintFaults !== null ||
      config.policies?.migrateByShares !== undefined ||
      needsLists(config) ||
      schemesOf(config).some(changesMappings),
    hintFaultPs: config.cpu.hintFaultNs * PS_PER_NS,
    ask: needsLists(config) ? (space, pte) => askForPage(views, id, space, pte) : null,
    latencies: config.latencyEvery === undefined ? null : new LatencyLog(config, channel, faultLatencies(views, id)),
  });
  const cpu = {
    id,
    config: config.cpu,
    topology: config.topology,
    thp: config.thp === 'always' ? ('always' as const) : ('never' as const),
    image,
    sizes,
    spaces: processes.map((process) => process.space),
    threads: new LaneThreads(config.seed, processes),
    backgroundSwitchNs: config.backgroundSwitchNs,
    sampling: samplingOf(config, id),
    timing: timingOf(config, id),
  };
  const protNuma = hintFaults === null ? null : protNumaOf(config, memory, hintFaults, views, cpu.spaces);
  return new WallCpu({ views, channel, cpu, faults, memory, hintFaults, protNuma, nrUsers: hintFaultUsers(config).length, counts });
}

/** What a CPU needs to arm pages for NUMA balancing; null: there is none. */
function protNumaOf(
  config: MachineConfig,
  memory: RacingMemory,
  hintFaults: RacingHintFaults,
  { cpupids }: WallViews,
  spaces: readonly AddressSpace[],
): ProtNuma | null {
  const { numaBalancing, topology } = config;
  if (numaBalancing === null) return null;
  const user = hintFaultUsers(config).indexOf('numa_balancing');
  return new ProtNuma({ memory, hintFaults, user, spaces, cpupids, profile: numaProfile(numaBalancing.kernel), topology });
}

/** The blocks of CPU `id`. */
function faultLatencies({ firstTouches, hintFaults }: WallViews, id: number): FaultLatencies {
  const block = (counts: Float64Array) => counts.subarray(id * LATENCY_BUCKETS, (id + 1) * LATENCY_BUCKETS);
  return { firstTouches: block(firstTouches), hintFaults: block(hintFaults) };
}

/** What a CPU needs to take hinting faults. DAMON's go to its reports, NUMA balancing's to the coordinator. */
function createHintFaults(
  config: MachineConfig,
  memory: RacingMemory,
  views: WallViews,
  buffers: WallBuffers,
  id: number,
  counts: RaceCounts,
): RacingHintFaults {
  const hintFaults = new RacingHintFaults({
    memory,
    shootdown: new ShootdownLog(views),
    strategy: config.sharing.strategy,
    uninstallEvery: config.sharing.uninstallEvery,
    state: views,
    touchedBefore: views.touchedBefore,
  });
  for (const reports of reportsOf(config, buffers, 'page_fault')) {
    hintFaults.register({ name: 'damon', onHintFault: (fault) => reports.post(fault, 1, 0) });
  }
  if (config.numaBalancing === null) return hintFaults;
  const ring = ringOf(views.numaWords, views.numaRecords, id, NUMA_COLUMNS, NUMA_RING_SLOTS);
  const record = new Float64Array(NUMA_COLUMNS);
  const user = hintFaults.register({
    name: 'numa_balancing',
    onHintFault: (fault) => {
      record.set([fault.timeNs, fault.process, fault.pte, fault.cpu, fault.thread, fault.write ? 1 : 0]);
      if (ring.push(record) === 'ring_full') counts.numa_ring_full++;
    },
  });
  hintFaults.standIn(user);
  return hintFaults;
}

/** This thread's ends of the channels of the kdamonds that monitor by `primitive`. */
function reportsOf(config: MachineConfig, { reports }: WallBuffers, primitive: string): AccessReports[] {
  return monitorsOf(config).flatMap(({ sample, ops }, i) => {
    if (sample.primitive !== primitive) return [];
    const buffer = reports[i];
    assert(buffer !== null, 'a kdamond that gets reports has a channel');
    const cpus = config.topology.nodes.reduce((sum, node) => sum + node.cpus, 0);
    return [new AccessReports({ control: sample, nrCpus: cpus, space: ops, processes: [], buffer })];
  });
}
