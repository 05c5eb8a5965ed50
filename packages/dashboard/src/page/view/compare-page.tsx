import type { Run } from '@damonlab/record';
import { type CsvValue, flatten, formatFigure, formatNs, type HeatView, heatLayer, intervalOf, spanOf, summary } from '@damonlab/report';
import { useMemo, useState } from 'preact/hooks';
import { openServedRun } from '../data/open-run.js';
import { useLoaded } from '../data/use-run.js';
import { differenceColor, differencePixels } from '../model/pictures.js';
import type { RunView } from '../model/route.js';
import { rangesOf, runPicture } from '../model/run-picture.js';
import { clip, type Interval, length } from '../model/viewport.js';
import { LayerChoice, Legend } from './controls.js';
import { HeatCanvas, type Point, type Shown as ShownView } from './heat-canvas.js';
import { replace } from './router.js';
import { AddrRuler, GUTTER, TimeRuler } from './rulers.js';
import { useMovedView, wholeTime } from './run-view.js';
import { Empty, Shown } from './states.js';
import { useTheme } from './theme.js';
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

const COMPARED_LAYERS = ['nr_accesses', 'age', 'truth', 'difference'] as const;

function Maps({ ids, runs, view, time, width, onView }: MapsProps) {
  const { theme } = useTheme();
  const [point, setPoint] = useState<Point | null>(null);
  const layer = COMPARED_LAYERS.find((known) => known === view.layer) ?? 'nr_accesses';
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
    [runs, layer, theme, view.target],
  );
  const difference = useMemo(() => {
    const heats = (cells: HeatView) => [0, 1].map((i) => heatLayer(runs[i], layer, target(runs[i]), moved(cells, hottest[i])).heat);
    const coarse = { startNs: time.start, endNs: time.end, addr: whole.addr, rows: PEAK_CELLS, cols: PEAK_CELLS };
    const max = Math.max(...heats(coarse).flatMap((heat) => [...heat].map((value) => Math.abs(value) || 0)));
    return (cells: HeatView) => {
      const [left, right] = heats(cells);
      return differencePixels(
        left.map((value, at) => right[at] - value),
        max,
        theme,
      );
    };
  }, [runs, layer, view.target, theme]);
  const onShown = (next: ShownView) => onView({ ...view, time: next.time === time ? null : next.time, addr: next.addr });
  const common = { shown, whole, width, height: HEIGHT, point, onShown, onPoint: setPoint };
  const maps = [
    ...runs.map((run, i) => ({ id: ids[i], title: ids[i], label: `${run.name}: ${layer}`, ...drawn[i] })),
    {
      id: 'difference',
      title: `${ids[1]} less ${ids[0]}`,
      label: 'difference',
      picture: difference,
      legend: {
        kind: 'ramp' as const,
        from: `more in ${ids[0]}`,
        to: `more in ${ids[1]}`,
        colors: RAMP.map((share) => differenceColor(share, theme)),
      },
    },
  ];
  return (
    <>
      <div class="bar">
        <LayerChoice view={{ ...view, layer }} known={COMPARED_LAYERS} onView={(change) => onView({ ...view, ...change })} />
        <button type="button" onClick={() => onShown(whole)}>
          all
        </button>
        <span data-part="readout">{point === null ? '' : `${formatNs(point.ns)} 0x${Math.round(point.addr).toString(16)}`}</span>
      </div>
      <p class="hint">Addresses are offsets into the range that each run accessed most: another seed puts the same memory elsewhere.</p>
      {maps.map(({ id, title, label, picture, legend }) => (
        <section key={id} aria-label={title} data-part={id === 'difference' ? 'difference' : 'compared'}>
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

/** Runs that differ in nothing but their seed are one column: a mean with its confidence interval. */
function FigureTable({ ids, runs, span }: Omit<ComparisonProps, 'view'> & { readonly span: Interval | null }) {
  const { columns, rows } = useMemo(() => figureTable(ids, runs), [runs]);
  const several = columns.some(({ n }) => n > 1);
  return (
    <section aria-label="figures">
      <h2>Figures {span === null ? '' : `from ${formatNs(span.start)} to ${formatNs(span.end)}`}</h2>
      {several && <p class="hint">Runs of one scenario with several seeds: mean ± half the 95 % confidence interval (Student's t).</p>}
      <div class="scroll">
        <table class="figures" data-part="figures">
          <thead>
            <tr>
              <th scope="col">figure</th>
              {columns.map(({ title, n }) => (
                <th key={title} scope="col" class="number">
                  {title}
                  {n > 1 ? ` (${n} seeds)` : ''}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, cells }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, i) => (
                  <td key={columns[i].title} class="number">
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const CONFIDENCE = 0.95;
/** Curves have many numbers, and stand in the heatmaps already. */
const LEFT_OUT = /\.(by_window|convergence)\.|^(seed|targets\.\d+\.target_id)$/;

export function figureTable(ids: readonly string[], runs: readonly Run[]) {
  const variants = new Map<string, number[]>();
  runs.forEach((run, i) => {
    const key = variantOf(run);
    variants.set(key, [...(variants.get(key) ?? []), i]);
  });
  const groups = [...variants.values()];
  const figures = runs.map(
    (run) => new Map(flatten(summary(run)).filter(([name, value]) => typeof value === 'number' && !LEFT_OUT.test(name))),
  );
  const names = [...new Set(figures.flatMap((all) => [...all.keys()]))];
  const cell = (group: readonly number[], name: string) => {
    const values = group.flatMap((i) => numberIn(figures[i].get(name)));
    const { mean, halfWidth } = intervalOf(values, CONFIDENCE);
    if (mean === null) return '–';
    return halfWidth === null ? formatFigure(mean) : `${formatFigure(mean)} ± ${Number(halfWidth.toPrecision(2))}`;
  };
  return {
    columns: groups.map((group) => ({ title: group.length === 1 ? ids[group[0]] : runs[group[0]].name, n: group.length })),
    rows: names.map((name) => ({ name, cells: groups.map((group) => cell(group, name)) })),
  };
}

function numberIn(value: CsvValue | undefined): number[] {
  return typeof value === 'number' ? [value] : [];
}

/** The scenario without its seed. */
function variantOf({ manifest, path }: Run): string {
  if (manifest === null) return path;
  return JSON.stringify(manifest.scenario, (key, value) => (key === 'seed' ? undefined : value));
}

function ScenarioDiff({ ids, runs }: Omit<ComparisonProps, 'view'>) {
  const rows = useMemo(() => scenarioDiff(runs), [runs]);
  return (
    <section aria-label="scenarios">
      <h2>Where the scenarios differ</h2>
      {rows.length === 0 ? (
        <p>Nowhere: it is the same run.</p>
      ) : (
        <div class="scroll">
          <table class="figures" data-part="scenarios">
            <thead>
              <tr>
                <th scope="col">key</th>
                {ids.map((id) => (
                  <th key={id} scope="col">
                    {id}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ key, values }) => (
                <tr key={key}>
                  <th scope="row">{key}</th>
                  {values.map((value, i) => (
                    <td key={ids[i]}>{value}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** Keys of the scenarios whose values are not the same in all runs. */
export function scenarioDiff(runs: readonly Run[]): { readonly key: string; readonly values: readonly string[] }[] {
  const flat = runs.map((run) => new Map(flatten(run.manifest?.scenario ?? {})));
  const keys = [...new Set(flat.flatMap((map) => [...map.keys()]))];
  return keys.flatMap((key) => {
    const values = flat.map((map) => (map.has(key) ? String(map.get(key)) : '–'));
    return new Set(values).size === 1 ? [] : [{ key, values }];
  });
}
