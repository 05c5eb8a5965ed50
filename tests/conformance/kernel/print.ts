import { numaGroups, simulateNumaGroup, WIDEN_NUMA } from '../numa/simulated.js';
import { schemesGroups, simulateSchemesGroup } from '../schemes/simulated.js';
import { compareGroup } from './compare.js';
import type { RunFigures } from './figures.js';
import { groupName } from './known-deviations.js';
import { type MeasuredGroup, measuredGroups } from './measured.js';
import { simulateGroup } from './simulated.js';
import { groupSummary, groupTable, reasonsOf } from './table.js';

interface Printed {
  readonly group: MeasuredGroup;
  readonly widen?: number;
  simulate(): Promise<RunFigures[]>;
}

/** Simulate every group whose kernel/name contains `filter` and print the whole comparison. */
export async function printComparison(filter: string): Promise<void> {
  const all: Printed[] = [
    ...measuredGroups().map((group) => ({ group, simulate: () => simulateGroup(group) })),
    ...numaGroups().map((group) => ({ group, widen: WIDEN_NUMA, simulate: () => simulateNumaGroup(group) })),
    ...schemesGroups().map((group) => ({ group, simulate: () => simulateSchemesGroup(group) })),
  ];
  const summary: string[] = [];
  const reasons = new Map<string, string>();
  let passed = 0;
  let figures = 0;
  for (const { group, widen, simulate } of all.filter((one) => groupName(one.group).includes(filter))) {
    const runs = await simulate();
    const comparisons = compareGroup(group, runs, widen);
    console.log(`${groupName(group)}\n${groupTable(group, comparisons)}\n`);
    summary.push(groupSummary(group, comparisons, runs.length));
    for (const [reason, text] of reasonsOf(group, comparisons)) reasons.set(reason, text);
    passed += comparisons.filter((one) => one.passes).length;
    figures += comparisons.length;
  }
  console.log(`${summary.join('\n')}\n${'all'.padEnd(28)} ${passed} / ${figures}`);
  for (const [reason, text] of reasons) console.log(`\n${reason}: ${text}`);
}
