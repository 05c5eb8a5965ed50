import { join } from 'node:path';
import { PS_PER_NS, UserError } from '@damonlab/base';
import type { RegionSpec, TraceSpec, Workload } from '@damonlab/workload';
import type { TraceVma } from './meta.js';
import { TraceFile } from './trace-file.js';
import { TRACE_PROGRAM_WORDS, TraceProgram } from './trace-program.js';

/** Ticks from the first to the last moment of a trace. */
export function traceSpan(trace: TraceFile): { firstClock: number; ticks: number } {
  const { threads } = trace.footer;
  const firstClock = Math.min(...threads.map((thread) => thread.firstClock));
  return { firstClock, ticks: Math.max(...threads.map((thread) => thread.endClock)) - firstClock };
}

/**
 * A process that does what a trace recorded: its mappings at their addresses, a thread for each traced one. Every thread of
 * the simulator opens the file for itself and reads it block by block.
 *
 * @throws UserError if the file is not there or not the one that is meant
 */
export function traceWorkload(spec: TraceSpec): Workload {
  const trace = openFor(spec);
  const { firstClock, ticks } = traceSpan(trace);
  const regions = trace.footer.vmas.map(regionOf);
  const tickNs = spec.tickPs / PS_PER_NS;
  const onePassNs =
    spec.pace === 'clock'
      ? ticks * tickNs
      : (Math.max(...trace.footer.threads.map(({ reads, writes }) => reads + writes)) * spec.accessPs) / PS_PER_NS;
  return {
    name: spec.name,
    regions,
    phases: [],
    nrThreads: trace.footer.threads.length,
    durationNs: spec.repeat * onePassNs,
    stateWords: TRACE_PROGRAM_WORDS,
    program: (thread) => new TraceProgram(trace, thread, { spec, firstClock, ticks }),
  };
}

function openFor(spec: TraceSpec): TraceFile {
  const path = join(spec.dir ?? '.', spec.file);
  const trace = TraceFile.open(path);
  if (trace.id === spec.id && trace.damage.length === 0) return trace;
  throw new UserError('not the trace that the scenario means', { where: path, expected: `id ${spec.id}`, actual: `id ${trace.id}` });
}

function regionOf({ name, start, end }: TraceVma): RegionSpec {
  return { name, role: 'data', bytes: end - start, headerBytes: 0, at: start };
}
