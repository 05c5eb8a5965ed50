import type { Prng } from '@damonlab/base';
import { formatDifference, formatWithUnit } from './format.js';
import type { ControlPlan } from './plan.js';
import { pointName } from './points.js';
import type { ControlResult } from './results.js';
import type { Samples } from './samples.js';
import { pairedDifference } from './stats/paired.js';
import { studentInterval } from './stats/student.js';
import type { Control, Study } from './study.js';

/** Chance that a `same` control finds a difference in any of its figures though there is none. */
const FALSE_ALARM = 0.05;

/** Whether a study tells apart what differs, and nothing else. */
export function judge(study: Study, plan: ControlPlan, samples: Samples, rng: Prng): ControlResult {
  return plan.control.kind === 'same' ? judgeSame(study, plan, samples) : judgeBroken(study, plan, plan.control, samples, rng);
}

/** Many figures are looked at, so each of them has to be that much surer (Bonferroni). */
function judgeSame(study: Study, { control, first, second }: ControlPlan, samples: Samples): ControlResult {
  const level = 1 - FALSE_ALARM / study.figures.length;
  const differences = study.figures.flatMap((figure) => {
    const [a, b] = [samples.of(first, figure.name), samples.of(second, figure.name)];
    return a === null || b === null
      ? []
      : [
          {
            figure,
            interval: studentInterval(
              b.map((value, i) => value - a[i]),
              level,
            ),
          },
        ];
  });
  const found = differences.filter(({ interval: { low, high } }) => low > 0 || high < 0);
  const seen = found.map(({ figure, interval }) => `${figure.title} by ${formatWithUnit(figure, interval)}`);
  const sets = `${first.seeds.length} and ${second.seeds.length} other seeds`;
  const finding =
    seen.length > 0 ? `differs between ${sets}: ${seen.join('; ')}` : `no difference in ${differences.length} figures between ${sets}`;
  return { control, passed: found.length === 0 && differences.length > 0, finding };
}

type Broken = Extract<Control, { kind: 'broken' }>;

function judgeBroken(study: Study, plan: ControlPlan, control: Broken, samples: Samples, rng: Prng): ControlResult {
  const figure = study.figures.find(({ name }) => name === control.figure);
  const [whole, broken] = [samples.of(plan.first, control.figure), samples.of(plan.second, control.figure)];
  if (figure === undefined || whole === null || broken === null) {
    return { control, passed: false, finding: `the runs have no ${control.figure}` };
  }
  const size = (values: readonly number[]) => (figure.better === 'zero' ? values.map(Math.abs) : values);
  const difference = pairedDifference(size(whole), size(broken), rng);
  const worse = figure.better === 'more' ? difference.high < 0 : difference.low > 0;
  return { control, passed: worse, finding: `${figure.title}: ${formatDifference(figure, difference)}` };
}

/** `same (shared, 8)`, `reports of thread 0 are lost (shared, 8)`. */
export function controlName(control: Control): string {
  return `${control.kind === 'same' ? 'same' : control.name} (${pointName(control.point)})`;
}
