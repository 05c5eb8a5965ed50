import { type PlaceOfKey, UserError } from '@damonlab/base';
import {
  checkSampleControl,
  DEFAULT_SAMPLE_CONTROL,
  parseCpuList,
  parseTidList,
  type SampleControl,
  type SampleFilter,
} from '@damonlab/damon';
import { nrCpus, type Topology } from '@damonlab/mm';
import type { Experiment, ExperimentMonitor } from './schema.js';

type Wanted = ExperimentMonitor['sample_control'];
type WantedFilter = NonNullable<NonNullable<Wanted>['sample_filters']>[number];

/**
 * How the kdamond learns of accesses, and which of them count.
 * @throws UserError for filters that name unknown CPUs or threads, or that the primitive cannot serve.
 */
export function resolveSampleControl(wanted: Wanted, topology: Topology, experiment: Experiment, place: PlaceOfKey): SampleControl {
  if (wanted === undefined) return DEFAULT_SAMPLE_CONTROL;
  const known = { cpus: idsBelow(nrCpus(topology)), tids: idsBelow(nrThreads(experiment)) };
  const control: SampleControl = {
    primitive: wanted.primitive ?? DEFAULT_SAMPLE_CONTROL.primitive,
    filters: (wanted.sample_filters ?? []).map((filter, i) => resolveFilter(filter, i, known, place)),
    filterRule: wanted.filter_rule ?? DEFAULT_SAMPLE_CONTROL.filterRule,
    disarmAtCheck: wanted.disarm_at_check ?? DEFAULT_SAMPLE_CONTROL.disarmAtCheck,
    channel: wanted.channel ?? DEFAULT_SAMPLE_CONTROL.channel,
    sampledEvery: wanted.sampled_every ?? DEFAULT_SAMPLE_CONTROL.sampledEvery,
    sampleCostNs: wanted.sample_cost ?? DEFAULT_SAMPLE_CONTROL.sampleCostNs,
    available: wanted.available ?? DEFAULT_SAMPLE_CONTROL.available,
  };
  checkSampleControl(control, known, place(['sample_control']));
  return control;
}

interface Known {
  readonly cpus: ReadonlySet<number>;
  readonly tids: ReadonlySet<number>;
}

function resolveFilter(wanted: WantedFilter, i: number, known: Known, place: PlaceOfKey): SampleFilter {
  const { matching = true, allow = true } = wanted;
  const path = ['sample_control', 'sample_filters', i] as const;
  const argument = (key: 'cpumask' | 'tid_arr'): string => {
    const text = wanted[key];
    if (text !== undefined) return text;
    throw new UserError(`a ${wanted.filter_type} filter without its list`, { where: place([...path]), expected: `a key ${key}` });
  };
  if (wanted.filter_type === 'write') return { type: 'write', matching, allow };
  if (wanted.filter_type === 'cpumask') {
    return { type: 'cpumask', matching, allow, cpus: parseCpuList(argument('cpumask'), known.cpus, place([...path, 'cpumask'])) };
  }
  return { type: 'threads', matching, allow, tids: parseTidList(argument('tid_arr'), known.tids, place([...path, 'tid_arr'])) };
}

function nrThreads(experiment: Experiment): number {
  return experiment.processes.reduce((sum, process) => sum + (process.threads ?? 1), 0);
}

function idsBelow(end: number): Set<number> {
  return new Set(Array.from({ length: end }, (_, id) => id));
}
