import { PerCpuRings } from './per-cpu-rings.js';
import type { ReportChannel } from './report-channel.js';
import { SingleArray } from './single-array.js';

/** `per_cpu_rings`: the successor with a ring per CPU. `single_array`: the RFC's array of 1000 under one lock. */
export type ReportChannelKind = 'per_cpu_rings' | 'single_array';

/** Shared memory for a channel of a machine with `nrCpus` CPUs. */
export function allocateReportChannel(kind: ReportChannelKind, nrCpus: number): SharedArrayBuffer {
  return kind === 'per_cpu_rings' ? PerCpuRings.allocate(nrCpus) : SingleArray.allocate();
}

/** This thread's end of the channel in `buffer`, which was allocated with the same arguments. */
export function openReportChannel(kind: ReportChannelKind, buffer: SharedArrayBuffer, nrCpus: number): ReportChannel {
  return kind === 'per_cpu_rings' ? new PerCpuRings(buffer, nrCpus) : new SingleArray(buffer);
}
