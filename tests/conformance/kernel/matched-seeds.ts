import { damonVaThreeRegions } from '@damonlab/damon';
import { buildProcesses } from '@damonlab/machine';
import type { ResolvedScenario } from '@damonlab/scenario';

/** How far the monitored bytes of a simulated run may be from those of the real run it stands beside. */
const TOLERANCE = 0.004;

/**
 * Seeds for runs beside the real ones, `perRun` for each of `totals`: the first seeds whose address space is as large as the real
 * run's. The gap between text and heap is random, up to 1 GiB; it is most of what DAMON monitors, all by accident, and many figures
 * hang on it. Nothing but the layout is looked at.
 */
export function matchedSeeds(scenario: ResolvedScenario, totals: readonly number[], perRun: number): number[] {
  const missing = totals.map(() => perRun);
  const seeds: number[] = [];
  for (let seed = 1; seeds.length < totals.length * perRun; seed++) {
    const bytes = monitoredBytes({ ...scenario.machine, seed });
    const run = totals.findIndex((total, i) => missing[i] > 0 && Math.abs(bytes - total) <= TOLERANCE * total);
    if (run < 0) continue;
    missing[run]--;
    seeds.push(seed);
  }
  return seeds;
}

function monitoredBytes(machine: ResolvedScenario['machine']): number {
  const [process] = buildProcesses(machine);
  const ranges = damonVaThreeRegions(process.space.vmas) ?? [];
  return ranges.reduce((sum, range) => sum + range.end - range.start, 0);
}
