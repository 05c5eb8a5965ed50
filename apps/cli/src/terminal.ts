import type { WriteStream } from 'node:tty';
import { RunError } from '@damonlab/base';

/** A reader that has seen enough (`| head`) is no error. */
export function quietPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw new RunError(`cannot write the output: ${error.message}`);
  });
}

/** Whether to colour what goes to `stream`: a terminal, unless NO_COLOR says no or FORCE_COLOR yes. */
export function colourful(stream: Pick<WriteStream, 'isTTY'>, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Columns to fill: the terminal's, or 80. */
export function widthOf(stream: Pick<WriteStream, 'columns' | 'isTTY'>): number {
  return stream.isTTY === true && stream.columns > 0 ? stream.columns : 80;
}

/** damo's resolution of a heatmap on a terminal. */
const HEATMAP = { rows: 40, cols: 80 } as const;
/** Lines that a heatmap needs besides: its legend and the next prompt. */
const LINES_BESIDE = 6;

/** How much text goes beside and below each other: damo's heatmap, smaller on a small terminal and wider on a wide one. */
export function screenOf(stream: Pick<WriteStream, 'columns' | 'rows' | 'isTTY'>) {
  const width = widthOf(stream);
  if (stream.isTTY !== true) return { width, resolution: HEATMAP };
  const rows = stream.rows > 0 ? Math.min(HEATMAP.rows, Math.max(10, stream.rows - LINES_BESIDE)) : HEATMAP.rows;
  return { width, resolution: { rows, cols: Math.min(width, 2 * HEATMAP.cols) } };
}

/** A time in ns for people: `250 ms`, `12.3 s`, `4 min 05 s`. */
export function formatNs(ns: number): string {
  const ms = ns / 1e6;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const s = ms / 1_000;
  if (s < 99.95) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** A size for people: `9.5 MiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
