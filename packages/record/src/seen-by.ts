import { UserError } from '@damonlab/base';
import type { Manifest } from './manifest.js';
import { type Run, targetsOf } from './run.js';

/** How many kdamonds watched. */
export function nrKdamonds({ manifest, others = [] }: Run): number {
  return manifest?.intervals === null ? 0 : 1 + others.length;
}

/**
 * The run as one of its kdamonds saw it, by its number from 0: as if it had been the first. The truth is told in addresses of the first
 * one's kind, virtual or physical: a kdamond of the other kind has none.
 * UserError: no such kdamond.
 */
export function seenBy(run: Run, kdamond: number): Run {
  if (kdamond === 0) return run;
  const other = run.others?.[kdamond - 1];
  if (other === undefined) {
    throw new UserError('no such kdamond', {
      where: run.path,
      expected: `0 to ${Math.max(0, nrKdamonds(run) - 1)}`,
      actual: String(kdamond),
    });
  }
  const { schemes, tried_regions, damon_stat } = other.tables;
  const manifest = run.manifest && manifestSeenBy(run.manifest, kdamond);
  const comparable = watchesPhysical(manifest) === watchesPhysical(run.manifest);
  return {
    ...run,
    ...(comparable ? {} : { truth: [], accessTruth: [], phases: [] }),
    manifest,
    intervals: run.manifest?.otherIntervals?.[kdamond - 1] ?? null,
    targets: targetsOf(other.snapshots),
    snapshots: other.snapshots,
    attribution: other.attribution,
    tables: { ...run.tables, schemes, tried_regions, damon_stat },
  };
}

/** With the scenario's monitor of this kdamond in place of the first one's. */
function manifestSeenBy(manifest: Manifest, kdamond: number): Manifest {
  const { scenario } = manifest;
  const { machine } = asMap(scenario);
  const { otherMonitors } = asMap(machine);
  const monitor: unknown = Array.isArray(otherMonitors) ? otherMonitors[kdamond - 1] : undefined;
  return { ...manifest, scenario: { ...asMap(scenario), machine: { ...asMap(machine), monitor } } };
}

function watchesPhysical(manifest: Manifest | null): boolean {
  const { machine } = asMap(manifest?.scenario);
  return asMap(asMap(machine).monitor).ops === 'paddr';
}

function asMap(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
