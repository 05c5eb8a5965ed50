import type { KdamondRun, RowsOf, Run } from '@damonlab/record';

/** A piece of virtual time. */
export interface TimeSpan {
  readonly startNs: number;
  readonly endNs: number;
}

/**
 * The run as if it had only `span`: windows and phases wholly inside it, what happened in it, and counts since its start. Counters of the
 * whole run are left out, and so are latencies: nobody knows when they were counted.
 */
export function spanOf(run: Run, span: TimeSpan): Run {
  const first = kdamondIn(run, span);
  return {
    ...run,
    ...first,
    ...(run.others === undefined ? {} : { others: run.others.map((other) => kdamondIn(other, span)) }),
    targets: run.targets.filter((target) => first.snapshots.some(({ targetId }) => targetId === target)),
    truth: inside(run.truth, span),
    phases: inside(run.phases, span),
    cpuCounters: inside(run.cpuCounters, span),
    accessTruth: inside(run.accessTruth, span),
    counters: {},
  };
}

function inside<T extends TimeSpan>(rows: readonly T[], span: TimeSpan): T[] {
  return rows.filter(({ startNs, endNs }) => startNs >= span.startNs && endNs <= span.endNs);
}

function kdamondIn({ snapshots, attribution, tables }: KdamondRun, span: TimeSpan): KdamondRun {
  return {
    snapshots: inside(snapshots, span),
    attribution: inside(attribution, span),
    tables: {
      ...tablesIn(tables, span),
      sharing: since(tables.sharing, span, ({ user }) => user, SHARING_COUNTS),
      vmstat: since(tables.vmstat, span, ({ counter }) => counter, ['value']),
      schemes: since(tables.schemes, span, ({ scheme }) => String(scheme), SCHEME_COUNTS),
    },
  };
}

/** Of every table the windows inside the span and what happened in it; rows of no time are left out. */
function tablesIn(tables: RowsOf, { startNs, endNs }: TimeSpan): RowsOf {
  const isInside = (row: object) => {
    const { startNs: from, atNs = from, endNs: to }: { startNs?: number; atNs?: number; endNs?: number } = row;
    return atNs !== undefined && atNs >= startNs && (to === undefined ? atNs < endNs : to <= endNs);
  };
  return Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.filter(isInside)])) as unknown as RowsOf;
}

const SHARING_COUNTS = ['armed', 'lostArms', 'disarmed', 'delivered', 'misattributed', 'stray', 'lostFaults'] as const;
const SCHEME_COUNTS = ['nrTried', 'szTried', 'nrApplied', 'szApplied', 'szOpsFilterPassed', 'qtExceeds', 'nrSnapshots'] as const;

type Ended = { readonly endNs: number } | { readonly atNs: number };

/** Rows that count since the start of the run, counted since the start of the span: less the last row of their kind before it. */
function since<Field extends string, Row extends Ended & Readonly<Record<Field, number>>>(
  rows: readonly Row[],
  { startNs, endNs }: TimeSpan,
  kindOf: (row: Row) => string,
  counts: readonly Field[],
): Row[] {
  const before = new Map<string, Row>();
  return rows.flatMap((row) => {
    const at = 'endNs' in row ? row.endNs : row.atNs;
    if (at > endNs) return [];
    if (at <= startNs) {
      before.set(kindOf(row), row);
      return [];
    }
    const base = before.get(kindOf(row));
    return base === undefined ? [row] : [{ ...row, ...Object.fromEntries(counts.map((field) => [field, row[field] - base[field]])) }];
  });
}
