import { basename, extname } from 'node:path';
import { NS_PER_SEC, PS_PER_NS, UserError } from '@damonlab/base';
import type { Topology } from '@damonlab/mm';
import type { MasimOptions, SyntheticSpec, TraceSpec } from '@damonlab/workload';
import type { TraceFacts, WorkloadFiles } from './files.js';
import { placeThreads } from './place-threads.js';
import type { MachinePreset } from './presets/machines.js';
import { resolveMadvise } from './resolve-madvise.js';
import { resolveMempolicy } from './resolve-mempolicy.js';
import { resolveCpusAllowed } from './resolve-numa.js';
import type { Kernel, ResolvedProcess } from './resolved.js';
import type { Experiment, ExperimentProcess } from './schema.js';
import type { ScenarioSource } from './source.js';

type ExperimentWorkload = ExperimentProcess['workload'];
type MasimWorkload = Extract<ExperimentWorkload, { masim: string }>;
type TraceWorkload = Extract<ExperimentWorkload, { trace: string }>;
type SyntheticWorkload = Exclude<ExperimentWorkload, MasimWorkload | TraceWorkload>;

/** An instruction takes so long, waiting for memory included; also what the measured machine of the oracle takes. */
const INSTRUCTION_PS = 1_000;
const TRACED_ACCESS_PS = 1_000;

/** What workloads are resolved against. */
export interface WorkloadContext {
  readonly preset: MachinePreset;
  readonly topology: Topology;
  readonly source: ScenarioSource;
  readonly files: WorkloadFiles;
  readonly kernel: Kernel;
  /** `weighted_interleave` of the scenario. */
  readonly weights: Experiment['weighted_interleave'];
}

/** The processes with their workloads parsed. Processes without a name are called after what they run. */
export function resolveProcesses(processes: readonly ExperimentProcess[], context: WorkloadContext): ResolvedProcess[] {
  const taken = new Set(processes.flatMap((process) => process.name ?? []));
  return processes.map((process, i) => resolveProcess(process, i, process.name ?? freshName(process.workload, taken), context));
}

function resolveProcess(process: ExperimentProcess, i: number, name: string, context: WorkloadContext): ResolvedProcess {
  const { workload } = process;
  const { preset, source, files } = context;
  if (!('trace' in workload)) {
    const threads = process.threads ?? 1;
    const place = placeOf(process, i, threads, [], context);
    if (!('masim' in workload)) return { name, workload: { kind: 'synthetic', name, pattern: synthetic(workload), threads }, ...place };
    const config = files.read(workload.masim, source.place(['processes', i, 'workload', 'masim']));
    return { name, workload: { kind: 'masim', name, config, options: masimOptions(workload, preset.masim), threads }, ...place };
  }
  const facts = files.trace(workload.trace, source.place(['processes', i, 'workload', 'trace']));
  if (process.threads !== undefined) {
    const where = source.place(['processes', i, 'threads']);
    throw new UserError('a trace has its own threads', { where, expected: 'no `threads`', actual: String(process.threads) });
  }
  return { name, workload: traceSpec(name, workload, facts), ...placeOf(process, i, facts.cpus.length, facts.cpus, context) };
}

/** Where the threads start, as the scenario says, else on the CPUs that they may run on; which ones those are, and the cgroup. */
function placeOf(
  process: ExperimentProcess,
  i: number,
  threads: number,
  traced: readonly number[],
  { topology, source, weights, kernel }: WorkloadContext,
): Omit<ResolvedProcess, 'name' | 'workload'> {
  const wanted = process.cpus ?? [];
  if (wanted === 'trace' && traced.length === 0) {
    const where = source.place(['processes', i, 'cpus']);
    throw new UserError('only a trace knows its CPUs', { where, expected: 'a list of CPUs, spread or packed', actual: wanted });
  }
  const named = typeof wanted === 'string' ? placeThreads(wanted, threads, topology, traced) : wanted;
  const cpusAllowed = resolveCpusAllowed(process, named, i, topology, source);
  const memcg = process.memcg === undefined ? {} : { memcg: process.memcg };
  const mempolicy = resolveMempolicy(process, i, { topology, source, weights, kernel });
  return {
    cpus: process.cpus === undefined ? cpusAllowed : named,
    cpusAllowed,
    ...memcg,
    ...mempolicy,
    ...resolveMadvise(process, i, source),
  };
}

function traceSpec(name: string, wanted: TraceWorkload, facts: TraceFacts): TraceSpec {
  const { file, dir, id, bytes } = facts;
  const tickPs = facts.tick === 'ns' ? PS_PER_NS : (wanted.instruction ?? INSTRUCTION_PS);
  return {
    kind: 'trace',
    name,
    file,
    dir,
    id,
    threads: facts.cpus.length,
    bytes,
    pace: wanted.pace ?? 'clock',
    tickPs: tickPs / (wanted.speed ?? 1),
    accessPs: wanted.access ?? TRACED_ACCESS_PS,
    repeat: wanted.repeat ?? 1,
  };
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
    ...(wanted.populate === undefined ? {} : { populateNid: wanted.populate }),
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
  const stem = stemOf(workload);
  let name = stem;
  for (let i = 2; taken.has(name); i++) name = `${stem}-${i}`;
  taken.add(name);
  return name;
}

function stemOf(workload: ExperimentWorkload): string {
  if ('masim' in workload) return nameFromFile(workload.masim);
  return 'trace' in workload ? nameFromFile(workload.trace) : workload.pattern;
}

/** A name for what a file describes: its base name without extension, in letters that a directory can carry. */
export function nameFromFile(file: string): string {
  const stem = basename(file, extname(file))
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 80);
  return stem === '' ? 'unnamed' : stem;
}
