import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunView } from '../model/route.js';
import type { Interval } from '../model/viewport.js';

/** So long after the last move the URL takes it up: browsers refuse to be told at every one. */
const URL_MS = 250;

/** The view as the user moves it; the URL follows when it has come to rest, and wins when it is changed by other means. */
export function useMovedView(view: RunView, onView: (view: RunView) => void): [RunView, (view: RunView) => void] {
  const [moved, setMoved] = useState(view);
  const told = useRef(view);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (JSON.stringify(view) !== JSON.stringify(told.current)) setMoved(view);
    told.current = view;
  }, [JSON.stringify(view)]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const move = (next: RunView) => {
    setMoved(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      told.current = rounded(next);
      onView(told.current);
    }, URL_MS);
  };
  return [moved, move];
}

/** As the URL will have it. */
function rounded(view: RunView): RunView {
  const whole = (interval: Interval | null) =>
    interval === null ? null : { start: Math.round(interval.start), end: Math.round(interval.end) };
  return { ...view, time: whole(view.time), addr: whole(view.addr), span: whole(view.span) };
}
