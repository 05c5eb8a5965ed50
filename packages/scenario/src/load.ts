import { basename, extname } from 'node:path';
import { parseMasim } from '@damonlab/workload';
import { checkMachine } from './check-machine.js';
import { explain } from './explain.js';
import { type MasimFiles, masimFilesBeside, readText } from './files.js';
import type { Override } from './overrides.js';
import { machinePreset, resolveCpu, resolveTopology } from './resolve-machine.js';
import { DEFAULT_KERNEL, resolveMonitor } from './resolve-monitor.js';
import { resolveNumaBalancing, resolveSched, resolveSharing } from './resolve-numa.js';
import { nameFromFile, resolveProcesses } from './resolve-workload.js';
import type { ResolvedMachine, ResolvedScenario } from './resolved.js';
import { type Experiment, experimentSchema } from './schema.js';
import { ScenarioSource } from './source.js';

const DEFAULT_SEED = 1;

/**
 * A scenario from a file: YAML if it is called `.yaml` or `.yml`, else a masim config, which stands for one process that runs it.
 * @throws UserError with the place of the first mistake, in the file or in an override.
 */
export function loadScenario(file: string, overrides: readonly Override[] = []): ResolvedScenario {
  return parseScenario(readText(file, file), file, overrides);
}

/** The same from `text`; `file` says what kind it is and where masim configs are looked for. */
export function parseScenario(text: string, file: string, overrides: readonly Override[] = []): ResolvedScenario {
  if (['.yaml', '.yml'].includes(extname(file).toLowerCase())) {
    return resolveScenario(ScenarioSource.fromYaml(text, file, overrides), 'yaml', masimFilesBeside(file));
  }
  const config = parseMasim(text, file);
  const beside = masimFilesBeside(file);
  const files: MasimFiles = { read: (name, where) => (name === file ? config : beside.read(name, where)) };
  return resolveScenario(ScenarioSource.fromMasim(nameFromFile(file), file, overrides), 'masim', files);
}

function resolveScenario(source: ScenarioSource, kind: 'masim' | 'yaml', files: MasimFiles): ResolvedScenario {
  const parsed = experimentSchema.safeParse(source.tree, { reportInput: true });
  if (!parsed.success) throw explain(parsed.error, source);
  const machine = resolveMachine(parsed.data, source, files);
  checkMachine(machine, (...paths) => source.place(...paths));
  return { name: parsed.data.name ?? nameFromFile(source.file), source: { file: basename(source.file), kind }, machine };
}

function resolveMachine(experiment: Experiment, source: ScenarioSource, files: MasimFiles): ResolvedMachine {
  const preset = machinePreset(experiment, source);
  const costs = typeof experiment.machine === 'object' ? experiment.machine : {};
  const topology = resolveTopology(experiment.topology, preset, source);
  const monitor = resolveMonitor(experiment, preset, topology, source);
  const numaBalancing = resolveNumaBalancing(experiment, experiment.kernel ?? DEFAULT_KERNEL, topology, preset, source);
  return {
    seed: experiment.seed ?? DEFAULT_SEED,
    topology,
    cpu: resolveCpu(experiment, preset, source),
    thp: experiment.thp ?? preset.thp,
    processes: resolveProcesses(experiment.processes, preset, topology, source, files),
    monitor,
    truth: experiment.truth ?? true,
    ...(experiment.latency_every === undefined ? {} : { latencyEvery: experiment.latency_every }),
    epochMaxNs: costs.epoch_max ?? preset.epochMaxNs,
    durationNs: experiment.duration ?? 0,
    timerGranularityNs: costs.timer_granularity ?? preset.timerGranularityNs,
    backgroundSwitchNs: costs.background_switch ?? preset.backgroundSwitchNs,
    numaBalancing,
    sched: resolveSched(experiment),
    sharing: resolveSharing(experiment, monitor, numaBalancing, preset, source),
  };
}
