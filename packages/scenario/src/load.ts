import { basename, extname } from 'node:path';
import { isTrace } from '@damonlab/trace';
import { parseMasim } from '@damonlab/workload';
import { checkMachine } from './check-machine.js';
import { explain } from './explain.js';
import { filesBeside, readText, type WorkloadFiles } from './files.js';
import type { Override } from './overrides.js';
import { machinePreset, resolveCpu, resolveTopology } from './resolve-machine.js';
import { resolveMemory } from './resolve-memory.js';
import { DEFAULT_KERNEL, resolveMonitors } from './resolve-monitor.js';
import { resolveNumaBalancing, resolveSched, resolveSharing } from './resolve-numa.js';
import { checkAccessAware, resolvePolicies } from './resolve-policies.js';
import { nameFromFile, resolveProcesses } from './resolve-workload.js';
import type { ResolvedMachine, ResolvedScenario } from './resolved.js';
import { type Experiment, experimentSchema } from './schema.js';
import { ScenarioSource } from './source.js';

const DEFAULT_SEED = 1;

/** Told what is legal and probably not meant. */
export type OnWarning = (message: string) => void;

const SILENT: OnWarning = () => {};

/** What a scenario is made of beside its text. */
export interface ScenarioParts {
  readonly overrides: readonly Override[];
  readonly files: WorkloadFiles;
  readonly warn?: OnWarning;
}

/**
 * A scenario from a file: YAML if it is called `.yaml` or `.yml`, else a trace or a masim config: one process that runs it.
 * @throws UserError with the place of the first mistake, in the file or in an override.
 */
export function loadScenario(file: string, overrides: readonly Override[] = [], warn: OnWarning = SILENT): ResolvedScenario {
  if (isTrace(file)) return traceScenario(file, { overrides, files: filesBeside(file), warn });
  return parseScenario(readText(file, file), file, overrides, warn);
}

/** The same from `text`; `file` says what kind it is and where masim configs are looked for. */
export function parseScenario(text: string, file: string, overrides: readonly Override[] = [], warn: OnWarning = SILENT): ResolvedScenario {
  return parseScenarioWith(text, file, { overrides, files: filesBeside(file), warn });
}

/** The same with files from elsewhere than beside `file`. */
export function parseScenarioWith(text: string, file: string, { overrides, files, warn = SILENT }: ScenarioParts): ResolvedScenario {
  if (['.yaml', '.yml'].includes(extname(file).toLowerCase())) {
    return resolveScenario(ScenarioSource.fromYaml(text, file, overrides), 'yaml', files, warn);
  }
  const config = parseMasim(text, file);
  const withItself: WorkloadFiles = { ...files, read: (name, where) => (name === file ? config : files.read(name, where)) };
  return resolveScenario(ScenarioSource.ofWorkload(nameFromFile(file), { masim: file }, file, overrides), 'masim', withItself, warn);
}

/** The scenario that the trace `file` is by itself. @throws UserError as `loadScenario` */
export function traceScenario(file: string, { overrides, files, warn = SILENT }: ScenarioParts): ResolvedScenario {
  const source = ScenarioSource.ofWorkload(nameFromFile(file), { trace: basename(file) }, file, overrides);
  return resolveScenario(source, 'trace', files, warn);
}

type SourceKind = ResolvedScenario['source']['kind'];

function resolveScenario(source: ScenarioSource, kind: SourceKind, files: WorkloadFiles, warn: OnWarning): ResolvedScenario {
  const parsed = experimentSchema.safeParse(source.tree, { reportInput: true });
  if (!parsed.success) throw explain(parsed.error, source);
  const machine = resolveMachine(parsed.data, source, files, warn);
  checkMachine(machine, (...paths) => source.place(...paths));
  return { name: parsed.data.name ?? nameFromFile(source.file), source: { file: basename(source.file), kind }, machine };
}

function resolveMachine(experiment: Experiment, source: ScenarioSource, files: WorkloadFiles, warn: OnWarning): ResolvedMachine {
  const preset = machinePreset(experiment, source);
  const costs = typeof experiment.machine === 'object' ? experiment.machine : {};
  const kernel = experiment.kernel ?? DEFAULT_KERNEL;
  const topology = resolveTopology(experiment.topology, preset, source);
  const monitors = resolveMonitors(experiment, preset, topology, source, warn);
  const [monitor = null, ...otherMonitors] = monitors;
  const numaBalancing = resolveNumaBalancing(experiment, kernel, topology, preset, source);
  const sched = resolveSched(experiment);
  checkAccessAware(sched.policy, monitor, topology, source);
  return {
    seed: experiment.seed ?? DEFAULT_SEED,
    topology,
    cpu: resolveCpu(experiment, preset, source),
    thp: experiment.thp ?? preset.thp,
    processes: resolveProcesses(experiment.processes, { preset, topology, source, files, kernel, weights: experiment.weighted_interleave }),
    monitor,
    ...(otherMonitors.length === 0 ? {} : { otherMonitors }),
    truth: experiment.truth ?? true,
    ...(experiment.latency_every === undefined ? {} : { latencyEvery: experiment.latency_every }),
    epochMaxNs: costs.epoch_max ?? preset.epochMaxNs,
    durationNs: experiment.duration ?? 0,
    timerGranularityNs: costs.timer_granularity ?? preset.timerGranularityNs,
    backgroundSwitchNs: costs.background_switch ?? preset.backgroundSwitchNs,
    numaBalancing,
    sched,
    sharing: resolveSharing(experiment, monitors, numaBalancing, preset, source),
    ...resolvePolicies(experiment, monitor, topology, preset, source),
    ...resolveMemory(experiment, monitors, topology, preset, source),
  };
}
