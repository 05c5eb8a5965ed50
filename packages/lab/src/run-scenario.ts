import os from 'node:os';
import { RunError } from '@damonlab/base';
import { type Clock, type ExecutorSpec, Machine, type MachineProgress, type RunOutcome } from '@damonlab/machine';
import { type HostFacts, type RunCounters, RunWriter, type Summarise } from '@damonlab/record';
import { reports } from '@damonlab/report';
import type { ResolvedScenario } from '@damonlab/scenario';
import { ControlServer } from './control/server.js';
import { describeRun, traceDirs, withControls } from './describe-run.js';
import { runDirectory } from './kept-run.js';
import { MemoryRun } from './memory-run.js';

export interface RunScenarioOptions {
  readonly executor: ExecutorSpec;
  /** `wall`: real time, and threads that race; left out: virtual time. */
  readonly clock?: Clock;
  /** Directory to make the run's directory in; null keeps the run in memory. */
  readonly outDir: string | null;
  readonly onProgress?: (progress: RunProgress) => void;
  readonly signal?: AbortSignal;
  /** More to say in `host.json`. */
  readonly hostFacts?: Readonly<Record<string, unknown>>;
  /** Let others control the run, over a socket in its directory. */
  readonly control?: boolean;
  /** Assert the invariants of regions and memory at every aggregation. */
  readonly check?: boolean;
  /** Called with the machine before it runs, for diagnosis. */
  readonly onMachine?: (machine: Machine) => void;
}

export interface RunProgress extends MachineProgress {
  /** Virtual over real time so far. */
  readonly speedup: number;
  /** Real seconds still to go; Infinity if the end is not known. */
  readonly etaSeconds: number;
}

export interface RunResult {
  readonly dir: string | null;
  readonly state: 'complete' | 'interrupted';
  readonly summary: object;
}

/**
 * One run from scenario to run directory `<outDir>/<name>-<id>`, where the id is a digest of the scenario with its seed: the
 * same run has the same name everywhere.
 *
 * @throws UserError on an impossible scenario or an unwritable directory; RunError when the run cannot go on. What was
 * recorded until then stays readable and says that the run failed.
 */
export async function runScenario(scenario: ResolvedScenario, options: RunScenarioOptions): Promise<RunResult> {
  const { onMachine, executor, check, clock = 'virtual' } = options;
  const host = { ...hostFacts(scenario, executor), ...options.hostFacts };
  const sink = options.outDir === null ? new MemoryRun(scenario, clock) : createWriter(scenario, options.outDir, clock, host);
  const startedMs = performance.now();
  let machine: Machine | undefined;
  let summary: object = {};
  const summarise: Summarise = (run) => {
    summary = reports.summary.json(reports.summary.compute(run));
    return summary;
  };
  try {
    machine = await Machine.create(scenario.machine, { executor, clock, observer: sink, check: check ?? false });
    onMachine?.(machine);
    const outcome = await controlled(machine, sink, options, startedMs);
    const counters = machine.runCounters();
    const asked = withControls(scenario, machine.controlled);
    if (asked !== scenario) sink.amend(describeRun(asked, clock));
    if (outcome.state === 'complete') await sink.finish(counters, summarise);
    else await sink.interrupt('stopped by the user', counters, summarise);
    const wallMs = performance.now() - startedMs;
    if (sink instanceof RunWriter) sink.writeHost({ ...host, ...speedFacts(wallMs, counters) });
    return { dir: sink instanceof RunWriter ? sink.dir : null, state: outcome.state, summary };
  } catch (error) {
    throw await recordFailure(sink, error, summarise);
  } finally {
    await machine?.close();
  }
}

/** Run the machine to its end, and let whoever wants to control it meanwhile. */
async function controlled(
  machine: Machine,
  sink: RunWriter | MemoryRun,
  options: RunScenarioOptions,
  startedMs: number,
): Promise<RunOutcome> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const wanted = options.control === true && sink instanceof RunWriter;
  const server = wanted ? await ControlServer.open(sink.dir, machine, () => stop.abort()) : null;
  try {
    return await machine.run(runOptions({ ...options, signal }, startedMs));
  } finally {
    server?.close();
  }
}

function createWriter(scenario: ResolvedScenario, outDir: string, clock: Clock, host: HostFacts): RunWriter {
  return RunWriter.create({ dir: runDirectory(outDir, scenario, clock), manifest: describeRun(scenario, clock), host });
}

function runOptions(options: RunScenarioOptions, startedMs: number) {
  const { onProgress, signal } = options;
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined
      ? {}
      : {
          onProgress: (now: MachineProgress) => {
            const seconds = (performance.now() - startedMs) / 1000;
            const speedup = now.virtualNs / 1e9 / seconds;
            const etaSeconds = Math.max(0, now.durationNs - now.virtualNs) / 1e9 / speedup;
            onProgress({ ...now, speedup, etaSeconds });
          },
        }),
  };
}

/** Keep what there is of a failed run. Returns the first error: one that follows from it would hide the cause. */
async function recordFailure(sink: RunWriter | MemoryRun, error: unknown, summarise: Summarise): Promise<unknown> {
  const reason = error instanceof Error ? error.message : String(error);
  try {
    await sink.fail(reason, {}, summarise);
  } catch {
    return error;
  }
  if (error instanceof RunError && sink instanceof RunWriter) return new RunError(`${reason}\n  recorded so far: ${sink.dir}`);
  return error;
}

/** Facts about this machine: they never enter any other file of a run. */
function hostFacts(scenario: ResolvedScenario, executor: ExecutorSpec): Record<string, unknown> {
  const dirs = traceDirs(scenario);
  return {
    executor,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cores: os.cpus().length,
    ...(dirs.length === 0 ? {} : { trace_dirs: dirs }),
  };
}

function speedFacts(wallMs: number, counters: RunCounters): Record<string, unknown> {
  return {
    wall_s: wallMs / 1000,
    real_time_factor: (counters.virtual_ns ?? 0) / 1e6 / wallMs,
    accesses_per_s: ((counters.accesses ?? 0) / wallMs) * 1000,
  };
}
