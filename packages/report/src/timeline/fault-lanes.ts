import { NS_PER_SEC } from '@damonlab/base';
import type { HandoverRow, Run, SharingRow } from '@damonlab/record';
import { type BandLane, type Lane, lineLane, SeriesSet } from './lanes.js';

/** Who had the hinting faults when, with the hand-overs marked, and what each got of them. None if the run used none. */
export function faultLanes(run: Run): Lane[] {
  if (run.tables.sharing.length === 0) return [];
  return [ownerLane(run), ...deliveredLane(run)];
}

function ownerLane({ tables }: Run): BandLane {
  const byUser = new Map<string, SharingRow[]>();
  for (const row of tables.sharing) byUser.set(row.user, [...(byUser.get(row.user) ?? []), row]);
  const handovers = [...tables.handovers].sort((a, b) => a.atNs - b.atNs);
  return {
    kind: 'bands',
    id: 'fault_owner',
    title: 'owner of hinting faults',
    bands: [...byUser].map(([name, rows]) => ({ name, spans: spansOf(name, rows, handovers) })),
    marks: handovers.map((row) => ({ atNs: row.atNs, label: labelOf(row) })),
  };
}

function labelOf({ stopped, started, busy }: HandoverRow): string {
  return busy === '' ? `${stopped || 'nobody'} → ${started || 'nobody'}` : `${started}: EBUSY, ${busy} has them`;
}

/** Between hand-overs, which are exact, the state at the ends of the windows. */
function spansOf(user: string, rows: readonly SharingRow[], handovers: readonly HandoverRow[]): [number, number][] {
  const changes = handovers.flatMap(({ atNs, stopped, started, busy }) => {
    const to = busy === '' && started.split(',').includes(user);
    return to || (busy === '' && stopped.split(',').includes(user)) ? [{ atNs, to }] : [];
  });
  let has = changes.length > 0 ? !changes[0].to : rows[0].active === 1;
  let since = rows[0].startNs;
  const spans: [number, number][] = [];
  for (const { atNs, to } of changes) {
    if (has && !to) spans.push([since, atNs]);
    if (!has && to) since = atNs;
    has = to;
  }
  if (has) spans.push([since, rows[rows.length - 1].endNs]);
  return spans;
}

function deliveredLane({ tables }: Run): Lane[] {
  const set = new SeriesSet();
  const before = new Map<string, number>();
  for (const { user, startNs, endNs, delivered } of tables.sharing) {
    if (endNs > startNs) set.add(user, startNs, endNs, ((delivered - (before.get(user) ?? 0)) * NS_PER_SEC) / (endNs - startNs));
    before.set(user, delivered);
  }
  return lineLane('hint_faults', 'hinting faults delivered', 'per_s', set.all());
}
