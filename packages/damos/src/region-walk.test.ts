import { checkRegions, kernelProfile, RegionList } from '@damonlab/damon';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RegionWalk } from './region-walk.js';
import { type Row, rowsOf, setRows } from './testing/lab.js';

interface Model {
  start: number;
  end: number;
  age: number;
}

/** What is done at each step of a pass: cut at these shares, then set the age or not, then join or not. */
interface Step {
  readonly cuts: readonly number[];
  readonly age: number | undefined;
  readonly join: boolean;
}

const LIMIT = 60;

/** The same pass over a plain array. */
function modelPass(rows: readonly Row[], steps: readonly Step[]): { list: Model[]; seen: string[] } {
  const list: Model[] = rows.map(([start, end, , age = 0]) => ({ start, end, age }));
  const seen: string[] = [];
  for (let i = 0, n = 0; i < list.length; i++, n++) {
    const step = steps[n % steps.length];
    for (const cut of step.cuts) {
      const { start, end, age } = list[i];
      const bytes = Math.floor((end - start) * cut);
      if (bytes === 0) continue;
      list.splice(i + 1, 0, { start: start + bytes, end, age });
      list[i].end = start + bytes;
    }
    seen.push(`${list[i].start}-${list[i].end} of ${list.length}${i === list.length - 1 ? ', last' : ''}`);
    if (step.age !== undefined) list[i].age = step.age;
    const before = list[i - 1];
    const joins = step.join && before?.end === list[i].start && before.age === list[i].age && list[i].end - before.start <= LIMIT;
    if (!joins) continue;
    before.end = list[i].end;
    list.splice(i--, 1);
  }
  return { list, seen };
}

function walkPass(rows: readonly Row[], steps: readonly Step[]): { regions: RegionList; seen: string[] } {
  const regions = new RegionList(2);
  setRows(regions, rows);
  const walk = new RegionWalk();
  const seen: string[] = [];
  walk.begin(regions);
  for (let n = 0; walk.next(); n++) {
    const step = steps[n % steps.length];
    for (const cut of step.cuts) {
      const bytes = Math.floor(walk.bytes * cut);
      if (bytes > 0) walk.split(bytes);
    }
    seen.push(`${walk.start}-${walk.end} of ${walk.nrRegions}${walk.isLast ? ', last' : ''}`);
    if (step.age !== undefined) regions.age[walk.at] = step.age;
    if (step.join) walk.mergeBack(LIMIT, kernelProfile('7.3'));
  }
  return { regions, seen };
}

it('does what a plain array would do', () => {
  const rows = fc
    .array(fc.record({ gap: fc.constantFrom(0, 0, 0, 5), size: fc.integer({ min: 1, max: 50 }), age: fc.nat(2) }), {
      minLength: 1,
      maxLength: 20,
    })
    .map((list) => {
      let at = 0;
      return list.map(({ gap, size, age }): Row => {
        const start = at + gap;
        at = start + size;
        return [start, at, 3, age];
      });
    });
  const step: fc.Arbitrary<Step> = fc.record({
    cuts: fc.array(fc.double({ min: 0, max: 0.9, noNaN: true }), { maxLength: 3 }),
    age: fc.option(fc.nat(2), { nil: undefined }),
    join: fc.boolean(),
  });
  fc.assert(
    fc.property(rows, fc.array(step, { minLength: 1, maxLength: 12 }), (list, steps) => {
      // Cuts that never end would walk for ever: one step without any lets the pass go on.
      const all = [...steps, { cuts: [], age: undefined, join: true }];
      const model = modelPass(list, all);
      const { regions, seen } = walkPass(list, all);
      expect(seen).toEqual(model.seen);
      expect(rowsOf(regions)).toEqual(model.list.map(({ start, end, age }) => [start, end, 3, age]));
      checkRegions(regions);
    }),
    { numRuns: 500 },
  );
});
