import { section } from '@damonlab/scenario';
import { z } from 'zod';

/** A value that can stand in a table as it is. */
const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Keys of the scenario, with dots between them, and their values. */
const settings = z.record(z.string(), z.unknown());
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/, 'letters, digits, dots, dashes and underscores, at most 80');
const share = z.union([z.string(), z.number()]);
const count = z.int().min(1);

const range = {
  from: z.number(),
  to: z.number(),
  scale: z.enum(['linear', 'log']).optional(),
  unit: z.string().optional().describe('put behind each value: ms, MiB, %'),
  whole: z.boolean().optional().describe('round to whole numbers'),
};

const axis = section({
  key: z.string().optional().describe('key of the scenario; left out: the name of the axis'),
  list: z.array(scalar).optional().describe('these values'),
  grid: section({ ...range, steps: count })
    .optional()
    .describe('so many values from `from` to `to`'),
  random: section(range).optional().describe('values drawn between `from` and `to`'),
  cases: z.record(name, settings).optional().describe('named cases that set several keys each'),
});

const seeds = z.union([count, z.array(z.int().min(0)), section({ from: z.int().min(0), count })]);

/** A sweep file. */
export const sweepSchema = section({
  name: name.optional(),
  description: z.string().optional(),
  scenario: z.string().min(1).describe('scenario or masim file relative to this file, or the name of a shipped one'),
  set: settings.optional().describe('keys of the scenario that are the same for all points'),
  axes: z.record(z.string(), z.union([axis, z.array(scalar)])).optional(),
  samples: z.union([count, section({ count, seed: z.int().min(0).optional() })]).optional(),
  seeds: seeds.optional(),
  figures: z.record(name, z.string()),
  stop: section({
    figure: z.string(),
    half_width: z.number().positive().optional().describe('of the confidence interval of its mean'),
    relative: share.optional().describe('the same as a share of the mean'),
    confidence: share.optional(),
    min: z.int().min(2).optional(),
    max: count.optional(),
  }).optional(),
  runs: z.string().optional().describe('drop (default), keep, or a file:// URL of a folder that all workers share'),
});

export type SweepFile = z.output<typeof sweepSchema>;
export type AxisEntry = NonNullable<SweepFile['axes']>[string];
export type AxisFile = Exclude<AxisEntry, readonly unknown[]>;

/** JSON Schema of sweep files, for editors. */
export function sweepJsonSchema(): object {
  return z.toJSONSchema(sweepSchema, { io: 'input', unrepresentable: 'any' });
}
