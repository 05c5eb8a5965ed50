import { compareGroup } from './compare.js';
import { groupName } from './known-deviations.js';
import { measuredGroups } from './measured.js';
import { simulateGroup } from './simulated.js';
import { groupSummary, groupTable, reasonsOf } from './table.js';

/** Simulate every group whose kernel/name contains `filter` and print the whole comparison. */
export async function printComparison(filter: string): Promise<void> {
  const summary: string[] = [];
  const reasons = new Map<string, string>();
  let passed = 0;
  let figures = 0;
  for (const group of measuredGroups().filter((one) => groupName(one).includes(filter))) {
    const runs = await simulateGroup(group);
    const comparisons = compareGroup(group, runs);
    console.log(`${groupName(group)}\n${groupTable(group, comparisons)}\n`);
    summary.push(groupSummary(group, comparisons, runs.length));
    for (const [reason, text] of reasonsOf(group, comparisons)) reasons.set(reason, text);
    passed += comparisons.filter((one) => one.passes).length;
    figures += comparisons.length;
  }
  console.log(`${summary.join('\n')}\n${'all'.padEnd(28)} ${passed} / ${figures}`);
  for (const [reason, text] of reasons) console.log(`\n${reason}: ${text}`);
}
