import { type BandLane, formatBytes, formatCount, formatFigure, formatNs, type Lane, type LaneUnit, type LineLane } from '@damonlab/report';
import { categoryColor } from '../model/pictures.js';
import { maxIn, stepPath, valueDuring } from '../model/step-path.js';
import { type Interval, shareOf } from '../model/viewport.js';
import { GUTTER, SpanShade } from './rulers.js';

interface LaneProps {
  readonly time: Interval;
  readonly width: number;
  readonly span: Interval | null;
  /** Where the crosshair stands. */
  readonly ns: number | null;
}

const LINE_HEIGHT = 54;
const BAND_HEIGHT = 16;
/** Above the lines stands what their top means. */
const TOP = 17;
const MARK_HEIGHT = 14;
/** Names that find room beside a lane; the others are in its description. */
const MOST_NAMES = 3;

/** Lanes over one time axis, under the heatmap. */
export function Lanes({ lanes, ...props }: LaneProps & { readonly lanes: readonly Lane[] }) {
  return (
    <div class="lanes">
      {lanes.map((lane) =>
        lane.kind === 'lines' ? <Lines key={lane.id} lane={lane} {...props} /> : <Bands key={lane.id} lane={lane} {...props} />,
      )}
    </div>
  );
}

function Lines({ lane, time, width, span, ns }: LaneProps & { readonly lane: LineLane }) {
  const max = maxIn(lane.series, time);
  const box = { width, height: LINE_HEIGHT - TOP - 2, max };
  const values = lane.series.map((series) => ({ name: series.name, value: ns === null ? null : valueDuring(series, ns) }));
  const told = values.map(({ name, value }) => (value === null ? name : `${name} ${formatValue(value, lane.unit)}`));
  return (
    <svg
      class="lane"
      width={GUTTER + width}
      height={LINE_HEIGHT}
      role="img"
      aria-label={`${lane.title}, up to ${formatValue(max, lane.unit)}: ${told.join(', ')}`}
      data-lane={lane.id}
    >
      <title>{lane.title}</title>
      <LaneName title={lane.title} right={formatValue(max, lane.unit)} />
      {told.slice(0, MOST_NAMES).map((text, i) => (
        <text key={text} class="lane-key" x={4} y={26 + i * 12} fill={categoryColor(i)}>
          {short(text, 26)}
        </text>
      ))}
      <g transform={`translate(${GUTTER} ${TOP})`}>
        {lane.series.map((series, i) => (
          <path key={series.name} class="line" d={stepPath(series, time, box)} stroke={categoryColor(i)} />
        ))}
      </g>
      <SpanShade time={time} width={width} height={LINE_HEIGHT} span={span} />
      <Cross time={time} width={width} height={LINE_HEIGHT} ns={ns} />
    </svg>
  );
}

function Bands({ lane, time, width, span, ns }: LaneProps & { readonly lane: BandLane }) {
  const height = 18 + lane.bands.length * BAND_HEIGHT + (lane.marks.length > 0 ? MARK_HEIGHT : 0);
  const x = (at: number) => GUTTER + Math.min(Math.max(shareOf(time, at), 0), 1) * width;
  const inside = (at: number) => at >= time.start && at <= time.end;
  const spoken = lane.bands.map(
    ({ name, spans }) => `${name} ${spans.map(([from, to]) => `${formatNs(from)} to ${formatNs(to)}`).join(', ') || 'never'}`,
  );
  return (
    <svg
      class="lane"
      width={GUTTER + width}
      height={height}
      role="img"
      aria-label={`${lane.title}: ${spoken.join('; ')}; ${lane.marks.map(({ atNs, label }) => `${formatNs(atNs)}: ${label}`).join('; ')}`}
      data-lane={lane.id}
    >
      <title>{lane.title}</title>
      <LaneName title={lane.title} right="" />
      {lane.bands.map(({ name, spans }, i) => (
        <g key={name} transform={`translate(0 ${16 + i * BAND_HEIGHT})`}>
          <text class="lane-key" x={4} y={11} fill={categoryColor(i)}>
            {short(name, 27)}
          </text>
          <line class="band-line" x1={GUTTER} x2={GUTTER + width} y1={BAND_HEIGHT / 2} y2={BAND_HEIGHT / 2} />
          {spans.map(([from, to]) => (
            <rect key={from} x={x(from)} width={Math.max(0, x(to) - x(from))} y={2} height={BAND_HEIGHT - 4} rx={2} fill={categoryColor(i)}>
              <title>{`${name}: ${formatNs(from)} to ${formatNs(to)}`}</title>
            </rect>
          ))}
        </g>
      ))}
      {lane.marks
        .filter(({ atNs }) => inside(atNs))
        .map(({ atNs, label }) => (
          <g key={`${atNs} ${label}`} transform={`translate(${x(atNs)} 0)`}>
            <line class="mark" y1={14} y2={height} />
            <text
              class="mark-text"
              x={x(atNs) > GUTTER + width - 130 ? -4 : 4}
              y={height - 3}
              text-anchor={x(atNs) > GUTTER + width - 130 ? 'end' : 'start'}
            >
              {label}
            </text>
          </g>
        ))}
      <SpanShade time={time} width={width} height={height} span={span} />
      <Cross time={time} width={width} height={height} ns={ns} />
    </svg>
  );
}

function LaneName({ title, right }: { readonly title: string; readonly right: string }) {
  return (
    <>
      <text class="lane-title" x={4} y={13}>
        {short(title, 26)}
      </text>
      <text class="tick-text" x={GUTTER + 4} y={13}>
        {right}
      </text>
    </>
  );
}

function Cross({ time, width, height, ns }: Omit<LaneProps, 'span'> & { readonly height: number }) {
  if (ns === null || ns < time.start || ns > time.end) return null;
  const x = GUTTER + shareOf(time, ns) * width;
  return <line class="cross" x1={x} x2={x} y2={height} />;
}

function short(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A value for people, in its unit. */
export function formatValue(value: number, unit: LaneUnit): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'bytes_per_s':
      return `${formatBytes(value)}/s`;
    case 'ns':
      return `${formatFigure(Number(value.toPrecision(4)))} ns`;
    case 'per_s':
      return value >= 1e6 ? `${formatFigure(Number((value / 1e6).toPrecision(4)))} M/s` : `${formatCount(value)}/s`;
    case 'count':
      return formatCount(value);
  }
}
