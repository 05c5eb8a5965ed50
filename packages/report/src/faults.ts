import { UserError } from '@damonlab/base';
import type { Run } from '@damonlab/record';
import { formatCount, formatCsv, formatTable } from './format.js';

/** Counters of hinting faults and of the way of their reports to the kdamond, in the order of that way. */
const MEANINGS: readonly (readonly [counter: string, meaning: string])[] = [
  ['armed', 'arms that took effect'],
  ['lost_arms', 'arms that did not, because the page was armed already'],
  ['disarmed', 'arms taken back without a fault'],
  ['shootdowns', 'TLB shootdowns sent to arm and disarm'],
  ['hint_faults', 'faults of armed pages'],
  ['delivered', 'faults delivered to DAMON by the sharing rule'],
  ['misattributed', 'of these, faults of pages that DAMON had not armed'],
  ['lost_faults', 'faults of pages that DAMON had armed, which others took'],
  ['queued', 'reports taken into the channel'],
  ['ring_full', 'reports refused: the ring of the CPU was full'],
  ['busy_drop', 'reports refused: the CPU was in the middle of another report'],
  ['trylock_drop', 'reports refused: somebody else held the lock of the array'],
  ['wrapped', 'reports lost: the array began again before a drain had seen them'],
  ['stale', 'reports lost: too old when a drain first saw them'],
  ['repeated', 'visits of reports that an earlier drain had visited already'],
  ['samples_drained', 'reports that came out of the channel young enough'],
  ['filtered_out', 'of these, refused by the sample filters'],
  ['samples_no_region', 'of these, in no region of a target of theirs'],
  ['unplaced', 'reports whose region was gone at the end of their window'],
];

export interface FaultCounter {
  readonly counter: string;
  readonly value: number;
  readonly meaning: string;
}

export interface FaultsReport {
  readonly name: string;
  /** Those that the run counted, from the arm to the attribution. */
  readonly counters: readonly FaultCounter[];
}

/** What became of hinting faults and of the reports on them, over the whole run. UserError: the run used none. */
export function faults(run: Run): FaultsReport {
  const counters = MEANINGS.flatMap(([counter, meaning]) => {
    const value = run.counters[counter];
    return value === undefined ? [] : [{ counter, value, meaning }];
  });
  if (counters.length > 0) return { name: run.name, counters };
  throw new UserError('the run has no counters of hinting faults', {
    where: run.path,
    expected: 'a run that ended, with hinting faults',
    hint: 'record a run with --sample_primitives page_fault',
  });
}

export function faultsText({ counters }: FaultsReport): string {
  const width = Math.max(...counters.map(({ meaning }) => meaning.length));
  const rows = counters.map(({ counter, value, meaning }) => [counter, formatCount(value), meaning.padEnd(width)]);
  return `${formatTable([['# counter', 'count', 'meaning'.padEnd(width)], ...rows])}\n`;
}

export function faultsCsv({ counters }: FaultsReport): string {
  return formatCsv(
    ['counter', 'value', 'meaning'],
    counters.map(({ counter, value, meaning }) => [counter, value, meaning]),
  );
}
