import { beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, compareGroup } from './compare.js';
import type { RunFigures } from './figures.js';
import { groupName, knownDeviations } from './known-deviations.js';
import { type Group, type MeasuredGroup, measuredGroups } from './measured.js';
import { simulateGroup } from './simulated.js';

const GROUP_TIMEOUT_MS = 240_000;

/** One test for each figure of each group that `wanted` says yes to: files of tests run side by side. */
export function assertGroups(wanted: (group: Group) => boolean): void {
  for (const group of measuredGroups().filter(wanted)) assertGroup(group, () => simulateGroup(group));
}

/** One test for each figure of a group that is not known to deviate. */
export function assertGroup(group: MeasuredGroup, simulated: () => Promise<RunFigures[]>, widen?: number): void {
  describe(groupName(group), () => {
    const known = knownDeviations(group);
    let comparisons: ReadonlyMap<string, Comparison> = new Map();
    beforeAll(async () => {
      const compared = compareGroup(group, await simulated(), widen);
      comparisons = new Map(compared.map((one) => [one.figure, one]));
    }, GROUP_TIMEOUT_MS);
    it.each(Object.keys(group.figures).filter((figure) => !known.has(figure)))('%s', (figure) => {
      const one = comparisons.get(figure);
      expect(one?.simulated, 'no simulated run has the figure').not.toBeNull();
      expect(one?.simulated).toBeGreaterThanOrEqual(one?.low ?? Number.NaN);
      expect(one?.simulated).toBeLessThanOrEqual(one?.high ?? Number.NaN);
    });
  });
}
