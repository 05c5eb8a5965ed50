import type { Workload } from './access-program.js';
import { masimWorkload } from './masim/workload.js';
import type { TraceSpec, WorkloadSpec } from './spec.js';
import { syntheticWorkload } from './synthetic/workload.js';
import { validateSpec } from './validate.js';

/**
 * Make a workload run. The same spec gives the same workload in every thread of the simulator.
 *
 * @param openTrace makes the workload of a trace: files are not this package's business
 * @throws UserError naming the key whose value is out of bounds
 */
export function buildWorkload(spec: WorkloadSpec, openTrace: (spec: TraceSpec) => Workload): Workload {
  validateSpec(spec);
  if (spec.kind === 'trace') return openTrace(spec);
  return spec.kind === 'masim'
    ? masimWorkload(spec.name, spec.config, spec.options, spec.threads)
    : syntheticWorkload(spec.name, spec.pattern, spec.threads);
}
