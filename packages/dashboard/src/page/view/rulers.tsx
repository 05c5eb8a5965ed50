import { binaryTicks, decimalTicks, formatAddr, formatNs } from '@damonlab/report';
import { useRef } from 'preact/hooks';
import { type Interval, shareOf, valueAt } from '../model/viewport.js';

/** Room left of everything that has time to the right: addresses, and the names of lanes. */
export const GUTTER = 168;
const RULER_HEIGHT = 26;
const TICK_PIXELS = 110;
const ADDR_TICK_PIXELS = 34;

interface TimeRulerProps {
  readonly time: Interval;
  readonly width: number;
  readonly span: Interval | null;
  readonly onSpan: (span: Interval | null) => void;
}

/** Virtual time; drag over it to select a span. */
export function TimeRuler({ time, width, span, onSpan }: TimeRulerProps) {
  const from = useRef<number | null>(null);
  const at = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return valueAt(time, Math.min(Math.max((event.clientX - box.left - GUTTER) / width, 0), 1));
  };
  const x = (ns: number) => GUTTER + shareOf(time, ns) * width;
  return (
    <svg
      class="ruler"
      width={GUTTER + width}
      height={RULER_HEIGHT}
      role="img"
      aria-label={`virtual time from ${formatNs(time.start)} to ${formatNs(time.end)}`}
      data-part="time"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = at(event);
      }}
      onPointerMove={(event) => {
        if (from.current === null) return;
        const [start, end] = [from.current, at(event)].sort((a, b) => a - b);
        if (end > start) onSpan({ start: Math.round(start), end: Math.round(end) });
      }}
      onPointerUp={() => {
        from.current = null;
      }}
      onDblClick={() => onSpan(null)}
    >
      <title>Drag to select a span of time, double-click to end the selection</title>
      <rect class="ruler-ground" x={GUTTER} width={width} height={RULER_HEIGHT} />
      <SpanShade time={time} width={width} height={RULER_HEIGHT} span={span} />
      {decimalTicks(time.start, time.end, Math.max(2, Math.floor(width / TICK_PIXELS))).map((ns) => (
        <g key={ns} transform={`translate(${x(ns)} 0)`}>
          <line class="tick" y1={18} y2={RULER_HEIGHT} />
          <text class="tick-text" x={0} y={14} text-anchor={x(ns) > GUTTER + width - 30 ? 'end' : x(ns) < GUTTER + 30 ? 'start' : 'middle'}>
            {formatNs(ns)}
          </text>
        </g>
      ))}
      <text class="tick-text" x={GUTTER - 8} y={14} text-anchor="end">
        virtual time
      </text>
    </svg>
  );
}

/** The selected span, as a shade over a lane or ruler. */
export function SpanShade({
  time,
  width,
  height,
  span,
}: {
  readonly time: Interval;
  readonly width: number;
  readonly height: number;
  readonly span: Interval | null;
}) {
  if (span === null) return null;
  const inside = (ns: number) => GUTTER + Math.min(Math.max(shareOf(time, ns), 0), 1) * width;
  const [start, end] = [inside(span.start), inside(span.end)];
  return <rect class="span" x={start} width={Math.max(0, end - start)} height={height} />;
}

/** Addresses at round binary places. */
export function AddrRuler({ addr, height }: { readonly addr: Interval; readonly height: number }) {
  const y = (value: number) => (1 - shareOf(addr, value)) * height;
  return (
    <svg
      class="ruler"
      width={GUTTER}
      height={height}
      role="img"
      aria-label={`addresses from ${formatAddr(addr.start)} to ${formatAddr(addr.end)}`}
      data-part="addr"
    >
      {binaryTicks(addr.start, addr.end, Math.max(2, Math.floor(height / ADDR_TICK_PIXELS))).map((value) => (
        <g key={value} transform={`translate(0 ${y(value)})`}>
          <line class="tick" x1={GUTTER - 7} x2={GUTTER - 1} />
          <text class="tick-text" x={GUTTER - 10} y={Math.min(Math.max(4, 10 - y(value)), height - y(value) - 2)} text-anchor="end">
            {formatAddr(value)}
          </text>
        </g>
      ))}
    </svg>
  );
}
