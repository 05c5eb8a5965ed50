import type { Run } from '@damonlab/record';
import { faults, mean } from '@damonlab/report';
import type { Figures } from '../../study.js';

/** Seconds after a hand-over at which its survivors are counted. */
export const SURVIVOR_S = [0.1, 0.5, 1, 2] as const;
/** A window counts for such a time if it ends no further from it, s. */
const NEAR_S = 0.03;

type Handover = ReturnType<typeof faults>['handovers'][number];

/** What an uninstall at a hand-over costs, under the rule that has one, and what became of the arms that stayed behind. Null without. */
export function handoverFigures(run: Run): Figures {
  const { handovers, strategy } = faults(run);
  const [numab, damon] = ['numa_balancing', 'damon'].map((user) => handovers.filter(({ stopped }) => stopped.split(',').includes(user)));
  const uninstalls = (left: readonly Handover[], cost: (handover: Handover) => number) =>
    strategy === 'runtime_full' ? mean(left.map(cost)) : null;
  return {
    numab_walked: uninstalls(numab, ({ walked }) => walked),
    numab_changed: uninstalls(numab, ({ changed }) => changed),
    numab_uninstall_us: uninstalls(numab, ({ cost_ns }) => cost_ns / 1000),
    damon_uninstall_us: uninstalls(damon, ({ cost_ns }) => cost_ns / 1000),
    numab_left_over: mean(numab.map(({ left_over }) => left_over)),
    ...Object.fromEntries(SURVIVOR_S.map((s) => [`survivors_${1000 * s}`, mean(numab.flatMap((handover) => survivors(handover, s)))])),
  };
}

/** Share of a hand-over's left-overs still armed `s` seconds later, %; none if nobody looked then, or there were no left-overs. */
function survivors({ survivors: curve, left_over }: Handover, s: number): number[] {
  const near = curve.filter(([at]) => Math.abs(at - s) <= NEAR_S);
  return left_over === 0 || near.length === 0 ? [] : [(100 * near[0][1]) / left_over];
}
