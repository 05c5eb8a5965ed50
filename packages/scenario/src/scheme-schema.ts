import { DAMOS_ACTIONS, FILTER_TYPES, GOAL_METRICS } from '@damonlab/damos';
import { z } from 'zod';
import { parseAge, parseDamoBytes, parseDamoCount, parseDamoRate, parseDamoTime, parseNrAccesses } from './damo-units.js';
import { onOff, parsed, section } from './schema-values.js';

/** Schemes under the words of damo's kdamonds config, in the values that damo prints. */

const bytes = parsed(parseDamoBytes);
const count = parsed(parseDamoCount);
const permil = parsed((value) => parseDamoRate(value, 1_000));
const microseconds = parsed((value) => parseDamoTime(value, 1_000));
const milliseconds = parsed((value) => parseDamoTime(value, 1_000_000));
const bounds = <T extends z.ZodType>(of: T) => section({ min: of, max: of });

const pattern = section({
  sz_bytes: bounds(bytes).optional(),
  nr_accesses: bounds(parsed(parseNrAccesses)).optional().describe('5 % or 4 samples'),
  age: bounds(parsed(parseAge)).optional().describe('3 s or 30 aggr_intervals'),
});

const goal = section({
  metric: z.enum(GOAL_METRICS),
  target_value: z.union([z.string(), z.number()]).describe('in the unit of the metric: 0.5 %, 100 ms or a number'),
  current_value: count.optional().describe('user_input: what was measured'),
  nid: count.optional(),
  memcg_path: z.string().optional(),
});

const quotas = section({
  time_ms: milliseconds.optional(),
  sz_bytes: bytes.optional(),
  reset_interval_ms: milliseconds.optional(),
  weights: section({ sz_permil: permil, nr_accesses_permil: permil, age_permil: permil }).optional(),
  goals: z.array(goal).optional(),
  goal_tuner: z.enum(['consist', 'temporal']).optional(),
  fail_charge_num: count.optional(),
  fail_charge_denom: count.optional(),
});

const watermarks = section({
  metric: z.enum(['none', 'free_mem_rate']),
  interval_us: microseconds,
  high_permil: permil,
  mid_permil: permil,
  low_permil: permil,
});

const filter = section({
  filter_type: z.enum(FILTER_TYPES),
  matching: onOff.optional(),
  allow: onOff.optional(),
  memcg_path: z.string().optional(),
  address_range: section({ start: bytes, end: bytes }).optional(),
  damon_target_idx: count.optional(),
  hugepage_size: z.tuple([bytes, bytes]).optional(),
});

export const schemeSchema = section({
  action: z.enum(DAMOS_ACTIONS).optional(),
  target_nid: count.optional(),
  dests: z.array(section({ id: count, weight: count })).optional(),
  apply_interval_us: microseconds.optional(),
  access_pattern: pattern.optional(),
  quotas: quotas.optional(),
  watermarks: watermarks.optional(),
  filters: z.array(filter).optional(),
  max_nr_snapshots: count.optional(),
});

/** A scheme of a scenario file after its values were understood. */
export type ExperimentScheme = z.output<typeof schemeSchema>;
