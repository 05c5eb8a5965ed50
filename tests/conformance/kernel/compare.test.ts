import { describe, expect, it } from 'vitest';
import { numaGroups } from '../numa/simulated.js';
import { schemesGroups } from '../schemes/simulated.js';
import { compareGroup } from './compare.js';
import { strangeDeviations } from './known-deviations.js';
import { type Group, measuredGroups } from './measured.js';

const [any] = measuredGroups();
const group = (values: readonly (number | null)[]): Group => ({ ...any, figures: { x: values } });
const run = (x?: number) => new Map(x === undefined ? [] : [['x', x]]);

describe('compareGroup', () => {
  it('allows the range of the real runs and a tenth of their mean on each side', () => {
    const [one] = compareGroup(group([10, 30, 20]), [run(20)]);
    expect(one).toEqual({ figure: 'x', least: 10, greatest: 30, low: 8, high: 32, simulated: 20, passes: true });
    const [negative] = compareGroup(group([-10, -30]), [run(-33)]);
    expect(negative).toMatchObject({ low: -32, high: -8, passes: false });
  });

  it('judges the mean of the simulated runs, edges included', () => {
    const verdict = (...values: number[]) => compareGroup(group([10, 30, 20]), values.map(run))[0].passes;
    expect(verdict(8)).toBe(true);
    expect(verdict(7.99)).toBe(false);
    expect(verdict(0, 64)).toBe(true);
    expect(verdict(0, 64.1)).toBe(false);
  });

  it('leaves out runs without the figure, on both sides', () => {
    expect(compareGroup(group([null, 5]), [run(), run(5.5)])[0]).toMatchObject({ least: 5, simulated: 5.5, passes: true });
    expect(compareGroup(group([5]), [run()])[0]).toMatchObject({ simulated: null, passes: false });
  });
});

describe('the measurements', () => {
  it('are there for both kernels, with four to seven runs a group', () => {
    const groups = measuredGroups();
    expect(groups.filter((one) => one.kernel === '6.12')).toHaveLength(12);
    expect(groups.filter((one) => one.kernel === '7.3')).toHaveLength(4);
    for (const one of groups) {
      const runs = one.figures.total_bytes.length;
      expect(runs).toBeGreaterThanOrEqual(4);
      expect(runs).toBeLessThanOrEqual(7);
      for (const values of Object.values(one.figures)) expect(values).toHaveLength(runs);
    }
  });

  it('have every figure that the list of deviations names', () => {
    expect(strangeDeviations([...measuredGroups(), ...numaGroups(), ...schemesGroups()])).toEqual([]);
  });
});
