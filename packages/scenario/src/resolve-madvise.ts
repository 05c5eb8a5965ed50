import { PAGE_BYTES, UserError } from '@damonlab/base';
import type { ResolvedMadvise } from './resolved.js';
import type { ExperimentProcess } from './schema.js';
import type { ScenarioSource } from './source.js';

/**
 * What process `i` advises the kernel; nothing where it does not.
 * @throws UserError for an offset that is no whole page, as the kernel.
 */
export function resolveMadvise(
  { madvise = [] }: ExperimentProcess,
  i: number,
  source: ScenarioSource,
): { readonly madvise?: readonly ResolvedMadvise[] } {
  if (madvise.length === 0) return {};
  return {
    madvise: madvise.map(({ at, every, advice, region, offset = 0, length }, j) => {
      if (offset % PAGE_BYTES !== 0) {
        const where = source.place(['processes', i, 'madvise', j, 'offset']);
        throw new UserError('not on a page', { where, expected: `a multiple of ${PAGE_BYTES}`, actual: String(offset), errno: 'EINVAL' });
      }
      return { atNs: at, everyNs: every ?? 0, advice, region, offset, ...(length === undefined ? {} : { length }) };
    }),
  };
}
