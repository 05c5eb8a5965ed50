import type { Run } from '@damonlab/record';
import { formatAddr, formatBytes, formatFigure, formatNs, keyName, readingAt } from '@damonlab/report';
import type { RunView } from '../model/route.js';
import type { Point } from './heat-canvas.js';

/** What is known of the place under the crosshair. */
export function Readout({
  run,
  target,
  point,
  by,
}: {
  readonly run: Run;
  readonly target: number;
  readonly point: Point | null;
  readonly by: RunView['by'];
}) {
  return (
    <p class="readout" aria-live="polite" data-part="readout">
      {point === null ? 'Point at the heatmap, or give it the focus and use the arrow keys.' : textOf(run, target, point, by)}
    </p>
  );
}

function textOf(run: Run, target: number, { ns, addr }: Point, by: RunView['by']): string {
  const place = `${formatNs(ns)} ${formatAddr(addr)}`;
  const reading = readingAt(run, { target, ns, addr, by });
  if (reading === null) return `${place}: not monitored`;
  const most = Number.isNaN(reading.max_nr_accesses) ? '' : `/${reading.max_nr_accesses}`;
  const parts = [
    `nr_accesses ${reading.nr_accesses}${most}`,
    `age ${reading.age}`,
    `region ${formatAddr(reading.start)}-${formatAddr(reading.end)} (${formatBytes(reading.end - reading.start)})`,
    `window ${formatNs(reading.startNs)} to ${formatNs(reading.endNs)}`,
    ...(reading.touched === null ? [] : [reading.touched ? 'touched' : 'not touched']),
    ...(reading.who?.shares ?? []).map(({ key, estimated }) => `${keyName(by, key)} ${formatFigure(Math.round(100 * (estimated ?? 0)))} %`),
  ];
  return `${place}: ${parts.join(' · ')}`;
}
