import type { Run } from '@damonlab/record';
import { type TouchedWindow, touchedWindows } from '@damonlab/report';
import type { Figures } from '../../study.js';

/** How much more wrong than undisturbed (percentage points) DAMON may be and count as recovered. */
const RECOVERED_PP = 5;

/** Windows through which DAMON had the hinting faults without a break. */
export interface Session {
  /** Whether it got them while the run went on. */
  readonly handedOver: boolean;
  readonly windows: readonly TouchedWindow[];
}

/**
 * DAMON against the truth in its sessions, and how long after a hand-over it is as good as `alone`: a run in which nobody else ever used
 * the faults. All null where DAMON does not use them.
 */
export function damonErrorFigures(run: Run, alone: Run): Figures {
  const sessions = sessionsOf(run);
  const windows = sessions.flatMap((session) => session.windows);
  const sum = (of: (window: TouchedWindow) => number) => windows.reduce((total, window) => total + of(window), 0);
  const [seen, touched, both] = [sum((window) => window.seen), sum((window) => window.touched), sum((window) => window.both)];
  return {
    damon_error: windows.length === 0 ? null : wrongShare({ seen, touched, both }),
    damon_precision: seen === 0 ? null : (100 * both) / seen,
    damon_recall: touched === 0 ? null : (100 * both) / touched,
    damon_recovery: recovery(sessions, sessionsOf(alone)),
  };
}

/** Windows in which a hand-over happened belong to no session. */
export function sessionsOf(run: Run): Session[] {
  const byEnd = new Map(touchedWindows(run).map((window) => [window.endNs, window]));
  const sessions: { handedOver: boolean; windows: TouchedWindow[] }[] = [];
  let before = 0;
  for (const { endNs, active, startNs } of run.tables.sharing.filter(({ user }) => user === 'damon')) {
    const window = byEnd.get(endNs);
    if (active === 1 && before === 0) sessions.push({ handedOver: startNs > 0, windows: [] });
    if (active === 1 && (before === 1 || startNs === 0) && window !== undefined) sessions[sessions.length - 1].windows.push(window);
    before = active;
  }
  return sessions;
}

/** Bytes that were seen or touched, but not both, of all that were either, %. */
function wrongShare({ seen, touched, both }: Pick<TouchedWindow, 'seen' | 'touched' | 'both'>): number {
  const either = seen + touched - both;
  return either === 0 ? 0 : 100 * (1 - both / either);
}

/** Mean number of windows from a hand-over on until one is right; a session without one counts with all that it has. */
function recovery(sessions: readonly Session[], alone: readonly Session[]): number | null {
  const undisturbed = alone.flatMap(({ windows }) => windows.map(wrongShare)).sort((a, b) => a - b);
  const received = sessions.filter(({ handedOver, windows }) => handedOver && windows.length > 0);
  if (undisturbed.length === 0 || received.length === 0) return null;
  const level = undisturbed[Math.floor(undisturbed.length / 2)] + RECOVERED_PP;
  const times = received.map(({ windows }) => {
    const first = windows.findIndex((window) => wrongShare(window) <= level);
    return first < 0 ? windows.length : first + 1;
  });
  return times.reduce((total, time) => total + time, 0) / times.length;
}
