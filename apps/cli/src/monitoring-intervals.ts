import { NS_PER_US, UserError } from '@damonlab/base';
import { parseDurationNs } from '@damonlab/scenario';
import { splitValues } from './fixed-values.js';
import { SCENARIO_FLAGS } from './scenario-flags.js';

/** Values of a flag of `SCENARIO_FLAGS` that `joinValues` joined, each with what the user typed; none without the flag. */
export function valuesOf(name: string, joined: string | undefined): [text: string, flag: string][] {
  const flag = SCENARIO_FLAGS.find((candidate) => candidate.name === name);
  if (joined === undefined || flag === undefined) return [];
  const values = splitValues(flag, joined);
  return values.map((text) => [text, `--${name} ${values.join(' ')}`]);
}

/** `--monitoring_intervals SAMPLE AGGR UPDATE`; undefined without it. @throws UserError */
export function monitoringIntervals(joined: string | undefined): { sampleUs: number; aggrUs: number; opsUpdateUs: number } | undefined {
  const [sampleUs, aggrUs, opsUpdateUs] = valuesOf('monitoring_intervals', joined).map(([text, flag]) => microseconds(text, flag));
  return sampleUs === undefined ? undefined : { sampleUs, aggrUs, opsUpdateUs };
}

function microseconds(text: string, flag: string): number {
  const ns = parseDurationNs(text, NS_PER_US);
  if (typeof ns !== 'number') throw new UserError('impossible value', { where: flag, actual: text, ...ns });
  return Math.round(ns / NS_PER_US);
}
