import type { Run } from '@damonlab/record';
import { formatNs, type HeatView, heatLayer, spanOf } from '@damonlab/report';
import { useMemo, useState } from 'preact/hooks';
import { openServedRun } from '../data/open-run.js';
import { useLoaded } from '../data/use-run.js';
import { differenceColor, differencePixels } from '../model/pictures.js';
import { LAYERS, type RunView } from '../model/route.js';
import { layersOf, rangesOf, runPicture } from '../model/run-picture.js';
import { clip, type Interval, length } from '../model/viewport.js';
import { wholeTime } from '../model/whole-time.js';
import { LayerChoice, Legend } from './controls.js';
import { FigureTable, ScenarioDiff } from './figure-table.js';
import { HeatCanvas, type Point, type Shown as ShownView } from './heat-canvas.js';
import { replace } from './router.js';
import { AddrRuler, GUTTER, TimeRuler } from './rulers.js';
import { Empty, Shown } from './states.js';
import { useTheme } from './theme.js';
import { useMovedView } from './use-moved-view.js';
import { useWidth } from './use-width.js';

const HEIGHT = 180;

/** Two or more runs on one time axis. */
export function ComparePage({ ids, view }: { readonly ids: readonly string[]; readonly view: RunView }) {
  const loaded = useLoaded((signal) => Promise.all(ids.map((id) => openOnce(id, signal))), ids);
  if (ids.length < 2) {
    return (
      <Empty title="Which runs?">
        <p>
          Choose two or more in the <a href="#/">list of runs</a>.
        </p>
      </Empty>
    );
  }
  return (
    <Shown of={loaded} what="runs">
      {(runs) => <Comparison ids={ids} runs={runs} view={view} />}
    </Shown>
  );
}

/** A run as it is now: what still grows is not followed here. */
function openOnce(id: string, signal: AbortSignal): Promise<Run> {
  const first = new AbortController();
  signal.addEventListener('abort', () => first.abort());
  return new Promise((resolve, reject) => {
    const onRun = ({ run }: { readonly run: Run }) => {
      resolve(run);
      setTimeout(() => first.abort());
    };
    openServedRun(id, onRun, first.signal).catch(reject);
  });
}

interface ComparisonProps {
  readonly ids: readonly string[];
  readonly runs: readonly Run[];
  readonly view: RunView;
}

function Comparison({ ids, runs, view: given }: ComparisonProps) {
  const [view, setView] = useMovedView(given, (next) => replace({ page: 'compare', runs: ids, view: next }));
  const { element, width: outer } = useWidth<HTMLDivElement>();
  const width = Math.max(200, outer - GUTTER);
  const time = useMemo(() => ({ start: 0, end: Math.max(1, ...runs.map((run) => wholeTime(run)?.end ?? 0)) }), [runs]);
  const shownTime = clip(view.time, time);
  const onSpan = (span: Interval | null) => setView({ ...view, span });
  const parts = useMemo(
    () => runs.map((run) => (view.span === null ? run : spanOf(run, { startNs: view.span.start, endNs: view.span.end }))),
    [runs, view.span?.start, view.span?.end],
  );
  return (
    <div ref={element} class="viewer">
      <h1>{runs.length} runs compared</h1>
      {runs.every(({ targets }) => targets.length > 0) ? (
        <Maps {...{ ids, runs, view, time, width }} onView={setView} />
      ) : (
        <Empty title="No heatmap to compare">
          <p>One of the runs was not monitored.</p>
        </Empty>
      )}
      <TimeRuler time={shownTime} width={width} span={view.span} onSpan={onSpan} />
      <FigureTable ids={ids} runs={parts} span={view.span} />
      <ScenarioDiff ids={ids} runs={runs} />
    </div>
  );
}

interface MapsProps extends ComparisonProps {
  readonly time: Interval;
  readonly width: number;
  readonly onView: (view: RunView) => void;
}

function Maps({ ids, runs, view, time, width, onView }: MapsProps) {
  const { theme } = useTheme();
  const [point, setPoint] = useState<Point | null>(null);
  const known = useMemo(() => LAYERS.filter((one) => runs.every((run) => layersOf(run).includes(one))), [runs]);
  const layer = known.find((one) => one === view.layer) ?? 'nr_accesses';
  const target = (run: Run) => run.targets.find((id) => id === view.target) ?? run.targets[0];
  const hottest = useMemo(() => runs.map((run) => rangesOf(run, target(run)).hottest), [runs, view.target]);
  const whole: ShownView = { time, addr: { start: 0, end: Math.max(...hottest.map(length)) } };
  const shown: ShownView = { time: clip(view.time, time), addr: clip(view.addr, whole.addr) };
  const drawn = useMemo(
    () =>
      runs.map((run, i) => {
        const { picture, legend } = runPicture(run, target(run), { layer, by: view.by }, theme);
        return { legend, picture: (cells: HeatView) => picture(moved(cells, hottest[i])) };
      }),
    [runs, layer, view.by, theme, view.target],
  );
  const differences = useMemo(() => {
    // Who made the accesses is a name, and names have no difference.
    if (layer === 'who' || layer === 'who_truth') return [];
    const heat = (cells: HeatView, i: number) => heatLayer(runs[i], layer, target(runs[i]), moved(cells, hottest[i])).heat;
    const coarse = { startNs: time.start, endNs: time.end, addr: whole.addr, rows: PEAK_CELLS, cols: PEAK_CELLS };
    const max = Math.max(...runs.flatMap((_, i) => [...heat(coarse, i)].map((value) => Math.abs(value) || 0)));
    return runs.slice(1).map((_, i) => (cells: HeatView) => {
      const [left, right] = [heat(cells, 0), heat(cells, i + 1)];
      return differencePixels(
        left.map((value, at) => right[at] - value),
        max,
        theme,
      );
    });
  }, [runs, layer, view.target, theme]);
  const onShown = (next: ShownView) => onView({ ...view, time: next.time === time ? null : next.time, addr: next.addr });
  const common = { shown, whole, width, height: HEIGHT, point, onShown, onPoint: setPoint };
  const maps = [
    ...runs.map((run, i) => ({ id: ids[i], title: ids[i], label: `${run.name}: ${layer}`, ...drawn[i] })),
    ...differences.map((picture, i) => ({
      id: `difference ${i + 1}`,
      title: `${ids[i + 1]} less ${ids[0]}`,
      label: 'difference',
      picture,
      legend: {
        kind: 'ramp' as const,
        from: `more in ${ids[0]}`,
        to: `more in ${ids[i + 1]}`,
        colors: RAMP.map((share) => differenceColor(share, theme)),
      },
    })),
  ];
  return (
    <>
      <div class="bar">
        <LayerChoice view={{ ...view, layer }} known={known} onView={(change) => onView({ ...view, ...change })} />
        <button type="button" onClick={() => onShown(whole)}>
          all
        </button>
        <span data-part="readout">{point === null ? '' : `${formatNs(point.ns)} 0x${Math.round(point.addr).toString(16)}`}</span>
      </div>
      <p class="hint">Addresses are offsets into the range that each run accessed most: another seed puts the same memory elsewhere.</p>
      {maps.map(({ id, title, label, picture, legend }) => (
        <section key={id} aria-label={title} data-part={label === 'difference' ? label : 'compared'}>
          <h2>{title}</h2>
          <Legend of={legend} />
          <div class="plot">
            <AddrRuler addr={shown.addr} height={HEIGHT} />
            <HeatCanvas label={label} picture={picture} {...common} />
          </div>
        </section>
      ))}
    </>
  );
}

const RAMP = Array.from({ length: 12 }, (_, i) => (2 * i) / 11 - 1);

const PEAK_CELLS = 100;

/** Cells of offsets from the start of `range`, in its addresses. */
function moved(cells: HeatView, { start }: Interval): HeatView {
  return { ...cells, addr: { start: cells.addr.start + start, end: cells.addr.end + start } };
}
