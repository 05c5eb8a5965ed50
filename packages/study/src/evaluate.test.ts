import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.js';
import { TOY, type ToyWorld, toySamples } from './testing/toy-study.js';

function evaluated(quick = false, world: ToyWorld = {}) {
  const { plan, samples } = toySamples(quick, world);
  return evaluate(TOY, quick, plan, samples);
}

const full = evaluated();

describe('what a study finds', () => {
  it('the variants, fewer of them in the quick study, and all runs once', () => {
    expect(full.points).toHaveLength(6);
    expect(evaluated(true).points.map(({ workload }) => workload)).toEqual(['small', 'small', 'small']);
    // 6 variants and one that is broken, under 12 seeds; 12 more for `same`.
    expect(full.nrRuns).toBe(6 * 12 + 12 + 12);
  });

  it('a value for each variant and figure, null where runs lack it', () => {
    const value = (rule: string, figure: string) =>
      full.values.find(({ point, figure: name }) => point.workload === 'small' && point.rule === rule && name === figure)?.value;
    expect(value('slow', 'odd')).toBeNull();
    expect(value('fair', 'odd')).toMatchObject({ n: 12 });
    const { low, mean, high } = value('fair', 'error') ?? { low: 0, mean: 0, high: 0 };
    expect(low).toBeLessThan(mean);
    expect(mean).toBeLessThan(high);
    // The seeds differ by up to 30.
    expect(high - low).toBeGreaterThan(5);
  });

  it('differences within seeds, though seeds differ by more', () => {
    const of = (workload: string, to: string) =>
      full.comparisons.find(({ figure, within, to: level }) => figure === 'error' && within.workload === workload && level === to)
        ?.difference;
    for (const workload of ['small', 'big']) {
      expect(of(workload, 'slow')).toMatchObject({ seen: true, n: 12 });
      expect(Math.abs(Number(of(workload, 'slow')?.mean) - 5)).toBeLessThan(0.5);
      expect(of(workload, 'fast')).toMatchObject({ seen: false });
      expect(Number(of(workload, 'fast')?.detectable)).toBeLessThan(0.6);
    }
    expect(full.comparisons.filter(({ figure, to }) => figure === 'odd' && to === 'slow').map(({ within }) => within)).toEqual([
      { workload: 'big' },
    ]);
  });

  it('ranks only what can be ranked: over variants that have the figure at every level', () => {
    const [error, speed, odd, list] = full.verdicts;
    expect(['fair', 'fast']).toContain(error.best?.level);
    expect(error.best?.margin.seen).toBe(false);
    expect(speed.best?.level).toBe(error.best?.level);
    // At `slow` only the big workload has it, so all rules are compared there.
    expect(odd.levels.map(({ level }) => level)).toEqual(['slow', 'fair', 'fast']);
    expect(odd.levels.every(({ value }) => value.mean < 1)).toBe(true);
    expect(list.best).toBeNull();
    expect(list.levels.map(({ level }) => level)).toEqual(['small', 'big']);
  });

  it('speaks of some levels only, if it is asked to', () => {
    const { plan, samples } = toySamples();
    const conclusions = [{ axis: 'rule', levels: ['slow', 'fair'], figures: ['error'], say: 'rank' as const }];
    const [error] = evaluate({ ...TOY, conclusions }, false, plan, samples).verdicts;
    expect(error.levels.map(({ level }) => level)).toEqual(['slow', 'fair']);
    expect(error.best).toMatchObject({ level: 'fair', next: 'slow', margin: { seen: true } });
  });

  it('is the same each time', () => {
    expect(evaluated()).toEqual(full);
  });
});

describe('controls', () => {
  const passed = (world: ToyWorld) => evaluated(false, world).controls.map((control) => control.passed);

  it('pass where what is broken is worse and nothing else differs', () => {
    expect(passed({})).toEqual([true, true, true]);
  });

  it('fail where a broken variant is not seen, or looks better', () => {
    expect(passed({ damage: 0 })).toEqual([true, false, false]);
    expect(passed({ damage: -20 })).toEqual([true, false, false]);
  });

  it('fail where two sets of seeds differ', () => {
    expect(passed({ drift: 60 })).toEqual([false, true, true]);
    expect(evaluated(false, { drift: 60 }).controls[0].finding).toMatch(
      /^differs between 12 and 12 other seeds: error of everything by 6\d\.\d pp \[/,
    );
  });
});
