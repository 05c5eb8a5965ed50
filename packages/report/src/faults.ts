import { NS_PER_SEC, UserError } from '@damonlab/base';
import type { HandoverRow, Run } from '@damonlab/record';
import { at } from './attribution/keys.js';
import { formatCount, formatCsv, formatNs, formatTable } from './format.js';

/** Counters of hinting faults or sampled accesses and of the way of their reports to the kdamond, in the order of that way. */
const MEANINGS: readonly (readonly [counter: string, meaning: string])[] = [
  ['armed', 'arms that took effect'],
  ['lost_arms', 'arms that did not, because the page was armed already'],
  ['disarmed', 'arms taken back without a fault'],
  ['shootdowns', 'TLB shootdowns sent to arm and disarm'],
  ['hint_faults', 'faults of armed pages'],
  ['delivered', 'faults delivered to DAMON by the sharing rule'],
  ['misattributed', 'of these, faults of pages that DAMON had not armed'],
  ['stray', 'of these, left-overs: all who had armed the page have given up since'],
  ['lost_faults', 'faults of pages that DAMON had armed, which others took'],
  ['sampled', 'accesses that the CPUs sampled'],
  ['sampled_latency_ns', 'time that these accesses took together'],
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

/** A user of hinting faults at the end of the run; counts as `HintFaultCounters`. */
export interface FaultUserReport {
  readonly user: string;
  readonly active: boolean;
  readonly in_force: number;
  readonly armed: number;
  readonly lost_arms: number;
  readonly disarmed: number;
  readonly delivered: number;
  readonly misattributed: number;
  readonly stray: number;
  readonly lost_faults: number;
}

export interface HandoverReport {
  readonly t: number;
  readonly stopped: string;
  readonly started: string;
  /** Who had them, if it was refused (EBUSY); else empty. */
  readonly busy: string;
  readonly walked: number;
  readonly changed: number;
  readonly shootdowns: number;
  readonly left_over: number;
  readonly cost_ns: number;
  /** Until nothing of who left was armed any more; null: never in this run. */
  readonly quiesced_ns: number | null;
  /** Left-overs still armed so many seconds after the hand-over, [s, arms], at the ends of windows. */
  readonly survivors: readonly (readonly [number, number])[];
}

export interface FaultsReport {
  readonly name: string;
  readonly strategy: string | null;
  /** Those that the run counted, from the arm to the attribution. */
  readonly counters: readonly FaultCounter[];
  readonly users: readonly FaultUserReport[];
  readonly handovers: readonly HandoverReport[];
}

/** What became of hinting faults or sampled accesses and of the reports on them, over the whole run. UserError: the run used none. */
export function faults(run: Run): FaultsReport {
  const counters = MEANINGS.flatMap(([counter, meaning]) => {
    const value = run.counters[counter];
    return value === undefined ? [] : [{ counter, value, meaning }];
  });
  const users = usersOf(run);
  if (counters.length + users.length > 0) {
    const strategy = at(run.manifest?.scenario, ['machine', 'sharing', 'strategy']);
    return { name: run.name, strategy: typeof strategy === 'string' ? strategy : null, counters, users, handovers: handoversOf(run) };
  }
  throw new UserError('the run has no counters of hinting faults or sampled accesses', {
    where: run.path,
    expected: 'a run that ended, with hinting faults or sampled accesses',
    hint: 'record a run with --sample_primitives page_fault or sampled_accesses',
  });
}

/** The last row of each user. */
function usersOf(run: Run): FaultUserReport[] {
  const last = new Map(run.tables.sharing.map((row) => [row.user, row]));
  return [...last.values()].map((row) => ({
    user: row.user,
    active: row.active === 1,
    in_force: row.inForce,
    armed: row.armed,
    lost_arms: row.lostArms,
    disarmed: row.disarmed,
    delivered: row.delivered,
    misattributed: row.misattributed,
    stray: row.stray,
    lost_faults: row.lostFaults,
  }));
}

function handoversOf(run: Run): HandoverReport[] {
  const rows = [...run.tables.handovers].sort((a, b) => a.atNs - b.atNs);
  return rows.map((row, i) => {
    const untilNs = rows[i + 1]?.atNs ?? Number.POSITIVE_INFINITY;
    return {
      t: row.atNs / NS_PER_SEC,
      stopped: row.stopped,
      started: row.started,
      busy: row.busy,
      walked: row.walked,
      changed: row.changed,
      shootdowns: row.shootdowns,
      left_over: row.leftOver,
      cost_ns: row.costNs,
      quiesced_ns: row.quiescedNs < 0 ? null : row.quiescedNs,
      survivors: survivorsOf(run, row, untilNs),
    };
  });
}

/** Arms of the users that left at `row` which are still in force, window by window until the next hand-over. */
function survivorsOf(run: Run, { atNs, stopped }: HandoverRow, untilNs: number): [number, number][] {
  const left = stopped.split(',');
  const byEnd = new Map<number, number>();
  for (const { user, endNs, inForce } of run.tables.sharing) {
    if (left.includes(user) && endNs >= atNs && endNs <= untilNs) byEnd.set(endNs, (byEnd.get(endNs) ?? 0) + inForce);
  }
  return [...byEnd].map(([endNs, arms]) => [(endNs - atNs) / NS_PER_SEC, arms]);
}

export function faultsText(report: FaultsReport): string {
  const parts = [countersText(report), usersText(report), handoversText(report)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function countersText({ counters }: FaultsReport): string {
  if (counters.length === 0) return '';
  const width = Math.max(...counters.map(({ meaning }) => meaning.length));
  const rows = counters.map(({ counter, value, meaning }) => [counter, formatCount(value), meaning.padEnd(width)]);
  return formatTable([['# counter', 'count', 'meaning'.padEnd(width)], ...rows]);
}

/** Who shares them; with one user there is nothing to be told apart. */
function usersText({ users, strategy }: FaultsReport): string {
  if (users.length < 2) return '';
  const rows = users.map((user) => [
    user.user,
    user.active ? 'yes' : 'no',
    ...[user.armed, user.lost_arms, user.delivered, user.misattributed, user.stray, user.lost_faults, user.in_force].map(formatCount),
  ]);
  const title = strategy === null ? [] : [`# strategy ${strategy}`];
  const header = ['# user', 'has them', 'armed', 'lost_arms', 'delivered', 'misattributed', 'stray', 'lost_faults', 'in force'];
  return [...title, formatTable([header, ...rows])].join('\n');
}

function handoversText({ handovers }: FaultsReport): string {
  if (handovers.length === 0) return '';
  const rows = handovers.map((h) => [
    h.t.toFixed(3),
    h.stopped || '-',
    h.busy === '' ? h.started || '-' : `${h.started}: EBUSY, ${h.busy} has them`,
    ...[h.walked, h.changed, h.shootdowns, h.left_over].map(formatCount),
    formatNs(h.cost_ns),
    h.quiesced_ns === null ? 'never' : formatNs(h.quiesced_ns),
  ]);
  const header = ['# hand-over s', 'stopped', 'started', 'walked', 'changed', 'shootdowns', 'left over', 'cost', 'quiet after'];
  return formatTable([header, ...rows]);
}

/** The counters, then those of each user with the user before their name. */
export function faultsCsv({ counters, users }: FaultsReport): string {
  const own = users.flatMap(({ user, ...counts }) => Object.entries(counts).map(([name, value]) => [`${user}.${name}`, Number(value), '']));
  return formatCsv(['counter', 'value', 'meaning'], [...counters.map(({ counter, value, meaning }) => [counter, value, meaning]), ...own]);
}
