import { nrKdamonds, type Run, seenBy } from '@damonlab/record';
import { formatNs, timeline } from '@damonlab/report';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RunView } from '../model/route.js';
import { clip, type Interval } from '../model/viewport.js';
import { wholeTime } from '../model/whole-time.js';
import { Figures } from './figures.js';
import type { Point } from './heat-canvas.js';
import { HeatSection } from './heat-section.js';
import { Lanes } from './lanes.js';
import { MachineView } from './machine-view.js';
import { GUTTER, TimeRuler } from './rulers.js';
import { Empty } from './states.js';
import { useMovedView } from './use-moved-view.js';
import { useWidth } from './use-width.js';

interface RunViewProps {
  readonly run: Run;
  readonly view: RunView;
  readonly onView: (view: RunView) => void;
}

/** Everything of a run on one time axis. */
export function RunViewer({ run: whole, view, onView }: RunViewProps) {
  const [shown, setShown] = useMovedView(view, onView);
  const kdamond = shown.kdamond < nrKdamonds(whole) ? shown.kdamond : 0;
  const run = useMemo(() => seenBy(whole, kdamond), [whole, kdamond]);
  const time = useMemo(() => wholeTime(run), [run]);
  const settled = useAfterPaint();
  const lanes = useMemo(() => (settled ? timeline(run) : []), [run, settled]);
  const [point, setPoint] = useState<Point | null>(null);
  const { element, width: outer } = useWidth<HTMLDivElement>();
  const width = Math.max(200, outer - GUTTER);
  if (time === null) return <NothingYet run={run} />;
  const shownTime = clip(shown.time, time);
  const change = (part: Partial<RunView>) => setShown({ ...shown, ...part });
  const onSpan = (span: Interval | null) => change({ span });
  const target = run.targets.find((id) => id === shown.target) ?? run.targets[0];
  const common = { time: shownTime, width, span: shown.span, ns: point?.ns ?? null };
  return (
    <div ref={element} class="viewer">
      {target === undefined ? (
        <Empty title="Nobody monitored this run">
          <p>There is no heatmap; what the machine did is below.</p>
        </Empty>
      ) : (
        <HeatSection {...{ run, target, time, point, setPoint, width }} view={shown} onView={change} />
      )}
      <TimeRuler time={shownTime} width={width} span={shown.span} onSpan={onSpan} />
      <Lanes lanes={lanes} {...common} />
      {settled && (
        <>
          <Figures
            run={whole}
            kdamond={kdamond}
            target={target ?? null}
            span={shown.span}
            report={shown.report}
            time={shownTime}
            onSpan={onSpan}
            onReport={(report) => change({ report })}
          />
          <section aria-label="machine">
            <h2>Machine</h2>
            <MachineView run={run} ns={point?.ns ?? time.end - 1} />
          </section>
        </>
      )}
    </div>
  );
}

function NothingYet({ run }: { readonly run: Run }) {
  return (
    <Empty title="Nothing was recorded">
      <p>{run.reason ?? 'The run ended before its first aggregation.'}</p>
    </Empty>
  );
}

/** False until the first picture is on the screen: what costs more than the heatmap waits for it. */
function useAfterPaint(): boolean {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    const frame = requestAnimationFrame(() => setTimeout(() => setPainted(true)));
    return () => cancelAnimationFrame(frame);
  }, []);
  return painted;
}

/** `complete, 10.036 s`. */
export function stateText(run: Run, live: boolean): string {
  const time = wholeTime(run);
  return `${live ? 'running' : run.state}${time === null ? '' : `, ${formatNs(time.end)}`}`;
}
