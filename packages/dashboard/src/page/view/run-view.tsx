import { nrKdamonds, type Run, seenBy } from '@damonlab/record';
import { formatNs, timeline } from '@damonlab/report';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RunView } from '../model/route.js';
import { bordersOf, layersOf, rangesOf, runPicture, snapshotsOfTarget } from '../model/run-picture.js';
import { clip, type Interval } from '../model/viewport.js';
import { LayerChoice, Legend } from './controls.js';
import { Figures } from './figures.js';
import { HeatCanvas, type Point, type Shown, zoomAddr, zoomTime } from './heat-canvas.js';
import { Lanes } from './lanes.js';
import { MachineView } from './machine-view.js';
import { Readout } from './readout.js';
import { AddrRuler, GUTTER, TimeRuler } from './rulers.js';
import { savePng, saveSvg } from './save.js';
import { Empty } from './states.js';
import { useTheme } from './theme.js';
import { useWidth } from './use-width.js';

const HEIGHT = 340;
/** So long after the last move the URL takes it up: browsers refuse to be told at every one. */
const URL_MS = 250;

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
        <Heat {...{ run, target, time, point, setPoint, width }} view={shown} onView={change} />
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

interface HeatProps extends RunViewProps {
  readonly target: number;
  readonly time: Interval;
  readonly width: number;
  readonly point: Point | null;
  readonly setPoint: (point: Point | null) => void;
  readonly onView: (change: Partial<RunView>) => void;
}

function Heat({ run, target, time, view, width, point, setPoint, onView }: Omit<HeatProps, 'onView'> & Pick<HeatProps, 'onView'>) {
  const { theme } = useTheme();
  const ranges = useMemo(() => rangesOf(run, target), [run, target]);
  const snapshots = useMemo(() => snapshotsOfTarget(run, target), [run, target]);
  const known = useMemo(() => layersOf(run), [run]);
  const layer = known.includes(view.layer) ? view.layer : 'nr_accesses';
  const drawn = useMemo(() => runPicture(run, target, { layer, by: view.by }, theme), [run, target, layer, view.by, theme]);
  const all = { start: ranges.all[0].start, end: ranges.all[ranges.all.length - 1].end };
  const range = ranges.all.find(({ start, end }) => view.addr !== null && view.addr.start >= start && view.addr.end <= end);
  const whole: Shown = { time, addr: range ?? (view.addr === null ? ranges.hottest : all) };
  const shown: Shown = { time: clip(view.time, time), addr: clip(view.addr, whole.addr) };
  const show = (next: Shown) => onView({ time: next.time === time ? null : next.time, addr: next.addr });
  const label = `${run.name}, target ${target}: ${layer} by time and address`;
  return (
    <>
      <div class="bar">
        <LayerChoice view={{ ...view, layer }} known={known} onView={onView} />
        <NumberChoice
          title="kdamond"
          of={Array.from({ length: nrKdamonds(run) }, (_, i) => i)}
          chosen={view.kdamond}
          onChoose={(kdamond) => onView({ kdamond, target: null, addr: null })}
        />
        <NumberChoice title="target" of={run.targets} chosen={target} onChoose={(id) => onView({ target: id, addr: null })} />
        <RangeChoice ranges={ranges.all} chosen={whole.addr} onRange={(addr) => onView({ addr })} />
        <label>
          <input type="checkbox" checked={view.borders} onChange={() => onView({ borders: !view.borders })} /> region borders
        </label>
        <ZoomButtons shown={shown} whole={whole} onShown={show} />
        <button type="button" onClick={(event) => saveSvg(event.currentTarget, run.name)}>
          Save SVG
        </button>
        <button type="button" onClick={(event) => savePng(event.currentTarget, run.name)}>
          Save PNG
        </button>
      </div>
      <Legend of={drawn.legend} />
      <div class="plot" data-part="heatmap">
        <AddrRuler addr={shown.addr} height={HEIGHT} />
        <HeatCanvas
          label={label}
          picture={drawn.picture}
          {...(view.borders ? { borders: (cells) => bordersOf(snapshots, cells) } : {})}
          shown={shown}
          whole={whole}
          width={width}
          height={HEIGHT}
          point={point}
          onShown={show}
          onPoint={setPoint}
        />
      </div>
      <Readout run={run} target={target} point={point} by={view.by} />
    </>
  );
}

interface NumberChoiceProps {
  readonly title: string;
  readonly of: readonly number[];
  readonly chosen: number;
  readonly onChoose: (chosen: number) => void;
}

/** One of several; nothing if there is no choice. */
function NumberChoice({ title, of, chosen, onChoose }: NumberChoiceProps) {
  if (of.length < 2) return null;
  return (
    <label>
      {title}{' '}
      <select value={chosen} onChange={(event) => onChoose(Number(event.currentTarget.value))}>
        {of.map((number) => (
          <option key={number}>{number}</option>
        ))}
      </select>
    </label>
  );
}

function RangeChoice(props: {
  readonly ranges: readonly Interval[];
  readonly chosen: Interval;
  readonly onRange: (range: Interval) => void;
}) {
  const { ranges, chosen, onRange } = props;
  if (ranges.length < 2) return null;
  const all = { start: ranges[0].start, end: ranges[ranges.length - 1].end };
  const text = ({ start, end }: Interval) => `0x${start.toString(16)}-0x${end.toString(16)}`;
  return (
    <label>
      addresses{' '}
      <select
        value={text(chosen)}
        onChange={(event) => onRange([...ranges, all].find((range) => text(range) === event.currentTarget.value) ?? chosen)}
      >
        {ranges.map((range) => (
          <option key={text(range)} value={text(range)}>
            {text(range)}
          </option>
        ))}
        <option value={text(all)}>all, with the gaps</option>
      </select>
    </label>
  );
}

function ZoomButtons({
  shown,
  whole,
  onShown,
}: {
  readonly shown: Shown;
  readonly whole: Shown;
  readonly onShown: (shown: Shown) => void;
}) {
  return (
    <fieldset class="buttons" aria-label="zoom">
      <button type="button" title="Zoom in (W)" aria-label="zoom in in time" onClick={() => onShown(zoomTime(shown, whole, 0.5, 0.5))}>
        ⟷+
      </button>
      <button type="button" title="Zoom out (S)" aria-label="zoom out in time" onClick={() => onShown(zoomTime(shown, whole, 2, 0.5))}>
        ⟷−
      </button>
      <button
        type="button"
        title="Zoom in (Shift W)"
        aria-label="zoom in in addresses"
        onClick={() => onShown(zoomAddr(shown, whole, 0.5, 0.5))}
      >
        ↕+
      </button>
      <button
        type="button"
        title="Zoom out (Shift S)"
        aria-label="zoom out in addresses"
        onClick={() => onShown(zoomAddr(shown, whole, 2, 0.5))}
      >
        ↕−
      </button>
      <button type="button" title="Show all (0)" onClick={() => onShown(whole)}>
        all
      </button>
    </fieldset>
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

/** From the start to the last thing recorded; null if nothing was. */
export function wholeTime(run: Run): Interval | null {
  let end = 0;
  for (const rows of [run.snapshots, run.truth, run.cpuCounters, run.tables.sharing, run.tables.placement]) {
    end = Math.max(end, rows[rows.length - 1]?.endNs ?? 0);
  }
  return end > 0 ? { start: 0, end } : null;
}

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

/** `complete, 10.036 s`. */
export function stateText(run: Run, live: boolean): string {
  const time = wholeTime(run);
  return `${live ? 'running' : run.state}${time === null ? '' : `, ${formatNs(time.end)}`}`;
}
