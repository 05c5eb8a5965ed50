import { nrKdamonds, type Run } from '@damonlab/record';
import { useMemo } from 'preact/hooks';
import type { RunView } from '../model/route.js';
import { bordersOf, layersOf, rangesOf, runPicture, snapshotsOfTarget } from '../model/run-picture.js';
import { clip, type Interval } from '../model/viewport.js';
import { LayerChoice, Legend } from './controls.js';
import { HeatCanvas, type Point, type Shown, zoomAddr, zoomTime } from './heat-canvas.js';
import { Readout } from './readout.js';
import { AddrRuler } from './rulers.js';
import { savePng, saveSvg } from './save.js';
import { useTheme } from './theme.js';

const HEIGHT = 340;

interface HeatSectionProps {
  readonly run: Run;
  readonly view: RunView;
  readonly target: number;
  readonly time: Interval;
  readonly width: number;
  readonly point: Point | null;
  readonly setPoint: (point: Point | null) => void;
  readonly onView: (change: Partial<RunView>) => void;
}

/** The heatmap of a target with its rulers, legend and what decides its picture. */
export function HeatSection({ run, target, time, view, width, point, setPoint, onView }: HeatSectionProps) {
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
