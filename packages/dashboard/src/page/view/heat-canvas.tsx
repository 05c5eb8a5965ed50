import type { HeatView } from '@damonlab/report';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Picture } from '../model/pictures.js';
import { type Interval, length, pan, shareOf, valueAt, zoom } from '../model/viewport.js';

/** What is shown: time to the right, addresses upwards. */
export interface Shown {
  readonly time: Interval;
  readonly addr: Interval;
}

export interface Point {
  readonly ns: number;
  readonly addr: number;
}

interface HeatCanvasProps {
  readonly label: string;
  /** A new function for another picture. */
  readonly picture: Picture;
  /** Region borders inside the view, in its time and addresses; each is a line from (x0, y0) to (x1, y1). */
  readonly borders?: (view: HeatView) => readonly (readonly [x0: number, y0: number, x1: number, y1: number])[];
  readonly shown: Shown;
  readonly whole: Shown;
  readonly width: number;
  readonly height: number;
  readonly point: Point | null;
  readonly onShown: (shown: Shown) => void;
  readonly onPoint: (point: Point | null) => void;
}

/** More cells than this make no better picture, only a slower one. */
const MOST_CELLS = 1_000_000;
/** So long after the last change of view the picture is made anew; until then the old one is stretched. */
const SETTLE_MS = 70;
const LEAST = { timeNs: 1000, bytes: 4096 };
const KEY_STEP = 0.02;

/** The heatmap: drag to move, wheel to zoom in time, with Shift in addresses; every key is in `onKey`. */
export function HeatCanvas(props: HeatCanvasProps) {
  const { label, shown, whole, width, height, point, onShown, onPoint, picture } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const made = useRef<Made | null>(null);
  const drag = useRef<{ x: number; y: number; shown: Shown } | null>(null);

  useLayoutEffect(() => draw(canvas.current, made.current, props));
  useEffect(() => {
    const view = cellsOf(shown, width, height);
    if (made.current !== null && made.current.picture === picture && same(made.current.view, view)) return;
    const make = () => {
      made.current = makePicture(picture, view);
      draw(canvas.current, made.current, props);
    };
    if (made.current === null || made.current.picture !== picture) return make();
    const timer = setTimeout(make, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [picture, shown.time.start, shown.time.end, shown.addr.start, shown.addr.end, width, height]);
  useWheel(canvas, (event) => {
    const factor = Math.exp(Math.max(-100, Math.min(100, event.deltaY || event.deltaX)) / 250);
    const at = shareAt(event, canvas.current);
    onShown(event.shiftKey ? zoomAddr(shown, whole, factor, 1 - at.y) : zoomTime(shown, whole, factor, at.x));
  });

  const pointAt = (event: MouseEvent): Point => {
    const { x, y } = shareAt(event, canvas.current);
    return { ns: valueAt(shown.time, x), addr: valueAt(shown.addr, 1 - y) };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (drag.current === null) return onPoint(pointAt(event));
    const { x, y, shown: from } = drag.current;
    const time = pan(from.time, whole.time, ((x - event.clientX) / width) * length(from.time));
    const addr = pan(from.addr, whole.addr, ((event.clientY - y) / height) * length(from.addr));
    onShown({ time, addr });
  };
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: its keys are its own, and screen readers must leave them to it
    <canvas
      ref={canvas}
      class="heat"
      style={{ width: `${width}px`, height: `${height}px` }}
      width={width}
      height={height}
      tabIndex={0}
      role="application"
      aria-roledescription="heatmap"
      aria-label={`${label}. Arrow keys move the crosshair, A and D move in time, W and S zoom, with Shift in addresses, 0 shows all.`}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        (event.currentTarget as HTMLCanvasElement).setPointerCapture(event.pointerId);
        drag.current = { x: event.clientX, y: event.clientY, shown };
      }}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        drag.current = null;
      }}
      onPointerLeave={() => onPoint(null)}
      onDblClick={() => onShown(whole)}
      onKeyDown={(event) => {
        if (onKey(event, shown, whole, point, { onShown, onPoint })) event.preventDefault();
      }}
    />
  );
}

/** A picture of a view that may have moved on since. */
interface Made {
  readonly picture: Picture;
  readonly view: HeatView;
  readonly image: OffscreenCanvas;
}

function same(a: HeatView, b: HeatView): boolean {
  return (
    a.startNs === b.startNs &&
    a.endNs === b.endNs &&
    a.addr.start === b.addr.start &&
    a.addr.end === b.addr.end &&
    a.rows === b.rows &&
    a.cols === b.cols
  );
}

/** A cell for each pixel, as far as that makes sense. */
function cellsOf({ time, addr }: Shown, width: number, height: number): HeatView {
  const scale = Math.min(devicePixelRatio, Math.sqrt(MOST_CELLS / (width * height)));
  const cells = (pixels: number) => Math.max(1, Math.floor(pixels * scale));
  return { startNs: time.start, endNs: time.end, addr, rows: cells(width), cols: cells(height) };
}

function makePicture(picture: Picture, view: HeatView): Made {
  const start = performance.now();
  const { rows, cols } = view;
  const pixels = picture(view);
  const image = new OffscreenCanvas(rows, cols);
  const context = image.getContext('2d');
  if (context !== null) {
    const data = context.createImageData(rows, cols);
    const out = new Uint32Array(data.data.buffer);
    // Turned by a quarter: rows of the view are columns of the picture, and addresses rise.
    for (let col = 0; col < cols; col++) {
      const base = (cols - 1 - col) * rows;
      for (let row = 0; row < rows; row++) out[base + row] = pixels[row * cols + col];
    }
    context.putImageData(data, 0, 0);
  }
  // For who looks into what the page costs: the bench, or a performance panel.
  performance.measure('heatmap', { start });
  return { picture, view, image };
}

function draw(canvas: HTMLCanvasElement | null, made: Made | null, props: HeatCanvasProps): void {
  const context = canvas?.getContext('2d');
  if (canvas == null || context == null || made === null) return;
  const { shown, width, height, point, borders } = props;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.imageSmoothingEnabled = false;
  context.clearRect(0, 0, width, height);
  const { view, image } = made;
  const x = (ns: number) => shareOf(shown.time, ns) * width;
  const y = (addr: number) => (1 - shareOf(shown.addr, addr)) * height;
  context.drawImage(image, x(view.startNs), y(view.addr.end), x(view.endNs) - x(view.startNs), y(view.addr.start) - y(view.addr.end));
  const style = getComputedStyle(canvas);
  const lines = borders?.(cellsOf(shown, width, height)) ?? [];
  if (lines.length > 0) {
    context.strokeStyle = style.getPropertyValue('--border-line');
    context.lineWidth = 1;
    context.beginPath();
    for (const [x0, y0, x1, y1] of lines) {
      context.moveTo(x(x0), Math.round(y(y0)) + 0.5);
      context.lineTo(x(x1), Math.round(y(y1)) + 0.5);
    }
    context.stroke();
  }
  if (point !== null) {
    context.strokeStyle = style.getPropertyValue('--cross');
    context.beginPath();
    context.moveTo(x(point.ns), 0);
    context.lineTo(x(point.ns), height);
    context.moveTo(0, y(point.addr));
    context.lineTo(width, y(point.addr));
    context.stroke();
  }
}

function shareAt(event: MouseEvent, canvas: HTMLCanvasElement | null): { x: number; y: number } {
  const box = canvas?.getBoundingClientRect();
  if (box === undefined) return { x: 0, y: 0 };
  const share = (value: number, size: number) => Math.min(Math.max(value / size, 0), 1 - 1e-9);
  return { x: share(event.clientX - box.left, box.width), y: share(event.clientY - box.top, box.height) };
}

export function zoomTime({ time, addr }: Shown, whole: Shown, factor: number, share: number): Shown {
  return { time: zoom(time, whole.time, factor, share, LEAST.timeNs), addr };
}

export function zoomAddr({ time, addr }: Shown, whole: Shown, factor: number, share: number): Shown {
  return { time, addr: zoom(addr, whole.addr, factor, share, LEAST.bytes) };
}

/** Wheel events must be taken actively, or the page would scroll away. */
function useWheel(canvas: { readonly current: HTMLCanvasElement | null }, onWheel: (event: WheelEvent) => void): void {
  const latest = useRef(onWheel);
  latest.current = onWheel;
  useEffect(() => {
    const listener = (event: WheelEvent) => {
      event.preventDefault();
      latest.current(event);
    };
    canvas.current?.addEventListener('wheel', listener, { passive: false });
    return () => canvas.current?.removeEventListener('wheel', listener);
  }, []);
}

type Handlers = Pick<HeatCanvasProps, 'onShown' | 'onPoint'>;

/** As in Perfetto: A, D move, W, S zoom. Returns whether the key meant something. */
function onKey(event: KeyboardEvent, shown: Shown, whole: Shown, point: Point | null, { onShown, onPoint }: Handlers): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const cross = point ?? { ns: valueAt(shown.time, 0.5), addr: valueAt(shown.addr, 0.5) };
  const timeShare = Math.min(Math.max(shareOf(shown.time, cross.ns), 0), 1);
  const addrShare = Math.min(Math.max(shareOf(shown.addr, cross.addr), 0), 1);
  const moveCross = (dx: number, dy: number) => {
    const inside = (share: number) => Math.min(Math.max(share, 0), 1 - 1e-9);
    onPoint({
      ns: valueAt(shown.time, inside(timeShare + dx * KEY_STEP)),
      addr: valueAt(shown.addr, inside(addrShare + dy * KEY_STEP)),
    });
  };
  const moveTime = (by: number) => onShown({ time: pan(shown.time, whole.time, by * length(shown.time)), addr: shown.addr });
  const moveAddr = (by: number) => onShown({ time: shown.time, addr: pan(shown.addr, whole.addr, by * length(shown.addr)) });
  const keys: Record<string, () => void> = {
    ArrowLeft: () => moveCross(-1, 0),
    ArrowRight: () => moveCross(1, 0),
    ArrowUp: () => moveCross(0, 1),
    ArrowDown: () => moveCross(0, -1),
    a: () => moveTime(-0.2),
    d: () => moveTime(0.2),
    w: () => onShown(zoomTime(shown, whole, 0.7, timeShare)),
    s: () => onShown(zoomTime(shown, whole, 1 / 0.7, timeShare)),
    A: () => moveAddr(-0.2),
    D: () => moveAddr(0.2),
    W: () => onShown(zoomAddr(shown, whole, 0.7, addrShare)),
    S: () => onShown(zoomAddr(shown, whole, 1 / 0.7, addrShare)),
    0: () => onShown(whole),
    Escape: () => onPoint(null),
  };
  if (!Object.hasOwn(keys, event.key)) return false;
  keys[event.key]();
  return true;
}
