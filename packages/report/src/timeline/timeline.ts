import { NS_PER_SEC } from '@damonlab/base';
import type { Run } from '@damonlab/record';
import { wss } from '../wss.js';
import { faultLanes } from './fault-lanes.js';
import { type Lane, lineLane, SeriesSet } from './lanes.js';
import { nodeLanes } from './node-lanes.js';

/** Everything that a run recorded over time, as lanes on one axis: those of which it has something. */
export function timeline(run: Run): Lane[] {
  return [...faultLanes(run), ...nodeLanes(run), ...regionLanes(run), ...schemeLanes(run)];
}

function regionLanes(run: Run): Lane[] {
  const counts = new SeriesSet();
  const sizes = new SeriesSet();
  for (const { targetId, startNs, endNs, start } of run.snapshots) counts.add(nameOf(run, targetId), startNs, endNs, start.length);
  for (const target of run.targets) {
    const prefix = run.targets.length > 1 ? `target ${target} ` : '';
    for (const { start_ns, end_ns, wss: bytes, truth_wss } of wss(run, { target }).windows) {
      sizes.add(`${prefix}wss`, start_ns, end_ns, bytes);
      if (truth_wss !== null) sizes.add(`${prefix}truly touched`, start_ns, end_ns, truth_wss);
    }
  }
  return [...lineLane('nr_regions', 'nr_regions', 'count', counts.all()), ...lineLane('wss', 'working set', 'bytes', sizes.all())];
}

function nameOf({ targets }: Run, target: number): string {
  return targets.length > 1 ? `target ${target}` : 'nr_regions';
}

/** What each scheme may do and what it did; a round lasts until the next one. */
function schemeLanes({ tables }: Run): Lane[] {
  const limits = new SeriesSet();
  const applied = new SeriesSet();
  const before = new Map<number, { readonly atNs: number; readonly szApplied: number }>();
  for (const { scheme, action, atNs, effectiveBytes, szApplied } of tables.schemes) {
    const { atNs: since, szApplied: sizeBefore } = before.get(scheme) ?? { atNs: 0, szApplied: 0 };
    before.set(scheme, { atNs, szApplied });
    if (atNs <= since) continue;
    const name = `${scheme} ${action}`;
    limits.add(name, since, atNs, effectiveBytes);
    applied.add(name, since, atNs, ((szApplied - sizeBefore) * NS_PER_SEC) / (atNs - since));
  }
  const some = (series: SeriesSet) => series.all().filter(({ values }) => values.some((value) => value > 0));
  return [
    ...lineLane('effective_bytes', 'effective quotas', 'bytes', some(limits)),
    ...lineLane('sz_applied', 'schemes applied to, per s', 'bytes', some(applied)),
  ];
}
