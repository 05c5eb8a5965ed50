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

/** A time in ns for people: `250 ms`, `12.3 s`, `4 min 05 s`. */
export function formatNs(ns: number): string {
  const ms = ns / 1e6;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const s = ms / 1_000;
  if (s < 99.95) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
