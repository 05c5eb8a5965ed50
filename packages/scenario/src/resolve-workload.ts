import { basename, extname } from 'node:path';
import { NS_PER_SEC } from '@damonlab/base';
import type { Topology } from '@damonlab/mm';
import type { MasimOptions, SyntheticSpec, WorkloadSpec } from '@damonlab/workload';
import type { MasimFiles } from './files.js';
import type { MachinePreset } from './presets/machines.js';
import { resolveCpusAllowed } from './resolve-numa.js';
import type { ResolvedProcess } from './resolved.js';
import type { ExperimentProcess } from './schema.js';
import type { ScenarioSource } from './source.js';

type ExperimentWorkload = ExperimentProcess['workload'];
type MasimWorkload = Extract<ExperimentWorkload, { masim: string }>;
type SyntheticWorkload = Exclude<ExperimentWorkload, MasimWorkload>;

/** The processes with their workloads parsed. Processes without a name are called after what they run. */
export function resolveProcesses(
  processes: readonly ExperimentProcess[],
  preset: MachinePreset,
  topology: Topology,
  source: ScenarioSource,
  files: MasimFiles,
): ResolvedProcess[] {
  const taken = new Set(processes.flatMap((process) => process.name ?? []));
  return processes.map((process, i) => {
    const name = process.name ?? freshName(process.workload, taken);
    const where = source.place(['processes', i, 'workload', 'masim']);
    const cpusAllowed = resolveCpusAllowed(process, i, topology, source);
    return { name, workload: resolveWorkload(process, name, preset, where, files), cpus: startCpus(process, cpusAllowed), cpusAllowed };
  });
}

/** Where the threads start: as the scenario says, else on the CPUs that they may run on. */
function startCpus(process: ExperimentProcess, allowed: readonly number[]): readonly number[] {
  return process.cpus ?? allowed;
}

function resolveWorkload(process: ExperimentProcess, name: string, preset: MachinePreset, where: string, files: MasimFiles): WorkloadSpec {
  const { workload, threads = 1 } = process;
  if ('masim' in workload) {
    return { kind: 'masim', name, config: files.read(workload.masim, where), options: masimOptions(workload, preset.masim), threads };
  }
  return { kind: 'synthetic', name, pattern: synthetic(workload), threads };
}

function masimOptions(wanted: MasimWorkload, preset: MasimOptions): MasimOptions {
  return {
    nrAccessesPerRegion: wanted.nr_accesses_per_region ?? preset.nrAccessesPerRegion,
    defaultRwMode: wanted.default_rw_mode ?? preset.defaultRwMode,
    repeat: wanted.repeat ?? preset.repeat,
    throttleNs: wanted.throttle ?? preset.throttleNs,
    sequentialPs: wanted.sequential ?? preset.sequentialPs,
    randomPs: wanted.random ?? preset.randomPs,
    startupNs: wanted.startup ?? preset.startupNs,
  };
}

function synthetic(wanted: SyntheticWorkload): SyntheticSpec {
  if (wanted.pattern === 'sweep') return sweep(wanted);
  const common = {
    bytes: wanted.size,
    durationNs: wanted.duration ?? 10 * NS_PER_SEC,
    writeRatio: wanted.write_ratio ?? 0.5,
    computePs: wanted.access ?? 2_000,
  };
  switch (wanted.pattern) {
    case 'zipf':
      // YCSB's constant.
      return { ...common, pattern: 'zipf', theta: wanted.theta ?? 0.99 };
    case 'hot_cold':
      return {
        ...common,
        pattern: 'hot_cold',
        hotRatio: wanted.hot_ratio ?? 0.1,
        hotShare: wanted.hot_share ?? 0.9,
        driftNs: wanted.drift ?? 0,
      };
    case 'pointer_chase':
      return { ...common, pattern: 'pointer_chase' };
    case 'sparse':
      return { ...common, pattern: 'sparse', sweepEveryNs: wanted.sweep_every ?? 500_000 };
    case 'shared_private':
      return {
        ...common,
        pattern: 'shared_private',
        sharedRatio: wanted.shared_ratio ?? 0.25,
        sharedShare: wanted.shared_share ?? 0.5,
        sharedWriteRatio: wanted.shared_write_ratio ?? common.writeRatio,
        speeds: wanted.speeds ?? [1],
      };
  }
}

function sweep(wanted: Extract<SyntheticWorkload, { pattern: 'sweep' }>): SyntheticSpec {
  const areas = wanted.areas.map((area, i) => ({
    name: area.name ?? `area${i}`,
    bytes: area.size,
    slackBytes: area.slack ?? 0,
    populateNid: area.populate ?? -1,
    everyNs: area.every ?? 0,
    firstNs: area.first ?? 0,
    ...(area.until === undefined ? {} : { untilNs: area.until }),
    threads: area.threads ?? [],
  }));
  const { duration = 10 * NS_PER_SEC, write_ratio: writeRatio = 1, access: computePs = 2_000, spin = true } = wanted;
  return { pattern: 'sweep', durationNs: duration, writeRatio, computePs, spin, areas };
}

function freshName(workload: ExperimentWorkload, taken: Set<string>): string {
  const stem = 'masim' in workload ? nameFromFile(workload.masim) : workload.pattern;
  let name = stem;
  for (let i = 2; taken.has(name); i++) name = `${stem}-${i}`;
  taken.add(name);
  return name;
}

/** A name for what a file describes: its base name without extension, in letters that a directory can carry. */
export function nameFromFile(file: string): string {
  const stem = basename(file, extname(file))
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 80);
  return stem === '' ? 'unnamed' : stem;
}
