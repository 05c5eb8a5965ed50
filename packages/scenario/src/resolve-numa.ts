import { UserError } from '@damonlab/base';
import { parseCpuList } from '@damonlab/damon';
import { exclusive, type SharingStrategy } from '@damonlab/hint-faults';
import { nrCpus, type Topology } from '@damonlab/mm';
import { checkTunables, DEFAULT_TUNABLES, NumaMode, type NumaTunables } from '@damonlab/numa-balancing';
import type { MachinePreset } from './presets/machines.js';
import type { FaultUserName, Kernel, ResolvedMachine, ResolvedMonitor, ResolvedNumaBalancing, ResolvedSharing } from './resolved.js';
import type { Experiment, ExperimentProcess } from './schema.js';
import type { ScenarioSource } from './source.js';

type WantedNuma = Exclude<NonNullable<Experiment['numa_balancing']>, boolean | string | number>;

/** NUMA balancing, null where the scenario does not ask for it. @throws UserError for settings that the kernel refuses. */
export function resolveNumaBalancing(
  experiment: Experiment,
  kernel: Kernel,
  topology: Topology,
  preset: MachinePreset,
  source: ScenarioSource,
): ResolvedNumaBalancing | null {
  const wanted = experiment.numa_balancing ?? false;
  const settings: WantedNuma = typeof wanted === 'object' ? wanted : { mode: modeOf(wanted) };
  const mode = settings.mode ?? NumaMode.normal;
  if (mode === NumaMode.disabled) return null;
  const tunables = tunablesOf(settings);
  checkTunables(tunables);
  const costs = typeof experiment.machine === 'object' ? experiment.machine : {};
  if (topology.nodes.length === 1) {
    const where = source.place(['numa_balancing'], ['topology']);
    throw new UserError('NUMA balancing on a machine with one node', {
      where,
      expected: 'a topology of several nodes, e.g. 2-node',
      actual: topology.name,
    });
  }
  return {
    kernel,
    mode,
    tunables,
    leakWhenOff: settings.leak_when_off ?? true,
    ...(settings.lab_by_weight === true ? { labByWeight: true } : {}),
    cost: {
      migrateNs: costs.migrate ?? preset.numa.migrateNs,
      scanPteNs: costs.scan_pte ?? preset.numa.scanPteNs,
      scanPageNs: costs.scan_page ?? preset.numa.scanPageNs,
      scanChunkNs: costs.scan_chunk ?? preset.numa.scanChunkNs,
    },
  };
}

function modeOf(wanted: boolean | string | number): number {
  if (typeof wanted === 'number') return wanted;
  return wanted === true || wanted === 'on' ? NumaMode.normal : NumaMode.disabled;
}

function tunablesOf(wanted: WantedNuma): NumaTunables {
  return {
    scanPeriodMinMs: wanted.scan_period_min_ms ?? DEFAULT_TUNABLES.scanPeriodMinMs,
    scanPeriodMaxMs: wanted.scan_period_max_ms ?? DEFAULT_TUNABLES.scanPeriodMaxMs,
    scanSizeMb: wanted.scan_size_mb ?? DEFAULT_TUNABLES.scanSizeMb,
    scanDelayMs: wanted.scan_delay_ms ?? DEFAULT_TUNABLES.scanDelayMs,
    hotThresholdMs: wanted.hot_threshold_ms ?? DEFAULT_TUNABLES.hotThresholdMs,
    promoteRateLimitMbps: wanted.promote_rate_limit_MBps ?? DEFAULT_TUNABLES.promoteRateLimitMbps,
  };
}

/**
 * Who shares the hinting faults, and how. With one user there is nothing to share.
 * @throws UserError for two users without a strategy, for users that this machine does not have, and for two owners where one is allowed.
 */
export function resolveSharing(
  experiment: Experiment,
  monitors: readonly ResolvedMonitor[],
  numa: ResolvedNumaBalancing | null,
  preset: MachinePreset,
  source: ScenarioSource,
): ResolvedSharing {
  const wanted = experiment.sharing ?? {};
  const users: FaultUserName[] = [];
  if (monitors.some(({ sample }) => sample.primitive === 'page_fault')) users.push('damon');
  if (numa !== null) users.push('numa_balancing');
  const strategy = wanted.strategy ?? (users.length < 2 ? 'build_exclusive' : undefined);
  if (strategy === undefined) {
    throw new UserError('DAMON and NUMA balancing both use hinting faults', {
      where: source.place(['sharing', 'strategy'], ['numa_balancing']),
      expected: 'a rule how they share them: sharing.strategy',
      hint: 'share_all, build_exclusive, runtime_full, runtime_half or tagged',
    });
  }
  const owners = wanted.owners ?? defaultOwners(strategy, users);
  checkUsers(owners, users, ['sharing', 'owners'], source);
  checkOwners(strategy, owners, users, source);
  const costs = typeof experiment.machine === 'object' ? experiment.machine : {};
  return {
    strategy,
    owners,
    schedule: resolveSchedule(wanted.schedule ?? [], users, source),
    uninstallEvery: wanted.uninstall_every ?? 1,
    walkNs: costs.uninstall_walk ?? preset.uninstall.walkNs,
    changeNs: costs.uninstall_change ?? preset.uninstall.changeNs,
  };
}

/** One owner at a time: NUMA balancing, which the kernel has on; else everybody. */
function defaultOwners(strategy: SharingStrategy, users: readonly FaultUserName[]): FaultUserName[] {
  return exclusive(strategy) ? users.slice(-1) : [...users];
}

function checkOwners(
  strategy: SharingStrategy,
  owners: readonly FaultUserName[],
  users: readonly FaultUserName[],
  source: ScenarioSource,
): void {
  const where = source.place(['sharing', 'owners'], ['sharing', 'strategy'], ['sharing'], ['numa_balancing']);
  if (strategy === 'build_exclusive' && users.length > 1) {
    throw new UserError('a kernel built for one user of hinting faults (EBUSY)', {
      where,
      expected: 'either sample_control.primitive: page_fault or numa_balancing, not both, under build_exclusive',
      actual: users.join(' and '),
    });
  }
  if (exclusive(strategy) && owners.length > 1) {
    const actual = `${owners.join(' and ')}: ${owners[0]} has them (EBUSY)`;
    throw new UserError('two owners of the hinting faults', { where, expected: `one owner at a time under ${strategy}`, actual });
  }
}

function checkUsers(
  names: readonly FaultUserName[],
  users: readonly FaultUserName[],
  path: readonly (string | number)[],
  source: ScenarioSource,
): void {
  const stranger = names.find((name) => !users.includes(name));
  if (stranger === undefined) return;
  throw new UserError('no such user of hinting faults in this scenario', {
    where: source.place(path, ['sharing']),
    expected: users.length === 0 ? 'nobody uses them here' : users.join(' or '),
    actual: stranger,
    hint: stranger === 'damon' ? 'give it monitor.sample_control.primitive: page_fault' : 'turn it on with numa_balancing: on',
  });
}

type WantedHandover = NonNullable<NonNullable<Experiment['sharing']>['schedule']>[number];

function resolveSchedule(
  wanted: readonly WantedHandover[],
  users: readonly FaultUserName[],
  source: ScenarioSource,
): ResolvedSharing['schedule'] {
  let lastNs = 0;
  return wanted.map(({ at, to, stop = [], start = [] }, i) => {
    const path = ['sharing', 'schedule', i] as const;
    if (at < lastNs) {
      throw new UserError('hand-overs out of order', {
        where: source.place([...path, 'at']),
        expected: `${lastNs} ns or later`,
        actual: `${at} ns`,
      });
    }
    lastNs = at;
    if ((to === undefined) === (stop.length + start.length === 0)) {
      throw new UserError('a hand-over that says nothing, or too much', {
        where: source.place([...path]),
        expected: 'either to: damon, numa_balancing or none; or stop and start with lists of them',
      });
    }
    const handover = to === undefined ? { stop, start } : { stop: users.filter((user) => user !== to), start: to === 'none' ? [] : [to] };
    checkUsers([...handover.stop, ...handover.start], users, [...path], source);
    return { atNs: at, ...handover };
  });
}

/** How threads get from CPU to CPU. */
export function resolveSched(experiment: Experiment): ResolvedMachine['sched'] {
  const { policy, hz = 250, interval } = experiment.sched ?? {};
  const movable = experiment.processes.some((process) => process.cpus_allowed !== undefined);
  return { hz, policy: policy ?? (movable ? 'balance' : 'fixed'), intervalNs: interval ?? Math.round(1e9 / hz) };
}

/** CPUs that the threads of a process, which start on `cpus`, may be moved to. @throws UserError for CPUs that are not there. */
export function resolveCpusAllowed(
  process: ExperimentProcess,
  cpus: readonly number[],
  i: number,
  topology: Topology,
  source: ScenarioSource,
): readonly number[] {
  if (process.cpus_allowed === undefined) return [];
  const all = Array.from({ length: nrCpus(topology) }, (_, cpu) => cpu);
  if (process.cpus_allowed === 'all') return all;
  const where = source.place(['processes', i, 'cpus_allowed']);
  const allowed = parseCpuList(process.cpus_allowed, new Set(all), where);
  const start = cpus.find((cpu) => !allowed.includes(cpu));
  if (start !== undefined) {
    throw new UserError('a thread starts where it may not run', {
      where,
      expected: `CPU ${start}, which processes[${i}].cpus names, among them`,
      actual: process.cpus_allowed,
    });
  }
  return allowed;
}
