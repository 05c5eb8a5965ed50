import type { Comparison } from './compare.js';
import { groupName, knownDeviations, reasonText } from './known-deviations.js';
import type { MeasuredGroup } from './measured.js';

const COLUMNS = ['figure', 'real least .. greatest', 'allowed', 'simulated', 'verdict'] as const;

/** The rows of one group, for people. */
export function groupTable(group: MeasuredGroup, comparisons: readonly Comparison[]): string {
  const known = knownDeviations(group);
  const rows = comparisons.map((one) => [
    one.figure,
    `${short(one.least)} .. ${short(one.greatest)}`,
    `${short(one.low)} .. ${short(one.high)}`,
    one.simulated === null ? 'none' : short(one.simulated),
    verdict(one, known.get(one.figure), group.given?.includes(one.figure) === true),
  ]);
  const table = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line: how many figures of the group pass. */
export function groupSummary(group: MeasuredGroup, comparisons: readonly Comparison[], runs: number): string {
  const passed = comparisons.filter((one) => one.passes).length;
  const known = knownDeviations(group);
  const expected = comparisons.filter((one) => !one.passes && known.has(one.figure)).length;
  const unexpected = comparisons.length - passed - expected;
  const given = group.given?.length ?? 0;
  const notes = [
    given > 0 ? `${given} given` : '',
    expected > 0 ? `${expected} known to deviate` : '',
    unexpected > 0 ? `${unexpected} UNEXPECTED` : '',
  ].filter(Boolean);
  const name = groupName(group).padEnd(28);
  return `${name} ${String(passed).padStart(3)} / ${String(comparisons.length).padEnd(3)} of ${runs} runs  ${notes.join(', ')}`.trimEnd();
}

function verdict(one: Comparison, reason: string | undefined, given: boolean): string {
  if (one.passes && given) return 'pass: given';
  if (one.passes) return reason === undefined ? 'pass' : 'pass: no longer deviates';
  return reason === undefined ? 'FAIL' : `known: ${reason}`;
}

/** The text of each reason that the comparisons of a group need. */
export function reasonsOf(group: MeasuredGroup, comparisons: readonly Comparison[]): Map<string, string> {
  const known = knownDeviations(group);
  const reasons = new Map<string, string>();
  for (const { figure, passes } of comparisons) {
    const reason = known.get(figure);
    if (!passes && reason !== undefined) reasons.set(reason, reasonText(reason));
  }
  return reasons;
}

function short(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}
