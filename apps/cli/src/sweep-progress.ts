import type { SweepProgress } from '@damonlab/sweep';
import { formatNs } from './terminal.js';

const TERMINAL_MS = 250;
const PLAIN_MS = 5_000;

/** Shows a sweep on stderr: a table that renews itself on a terminal, a plain line every few seconds elsewhere. */
export class SweepTable {
  readonly #stream: NodeJS.WriteStream;
  readonly #everyMs: number;
  #lastMs: number;
  /** Lines of the table that stand on the terminal. */
  #lines = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#everyMs = stream.isTTY ? TERMINAL_MS : PLAIN_MS;
    this.#lastMs = Date.now();
  }

  update(progress: SweepProgress): void {
    const now = Date.now();
    if (now - this.#lastMs < this.#everyMs) return;
    this.#lastMs = now;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${progressLine(progress)}\n`);
      return;
    }
    const room = this.#stream.columns > 0 ? this.#stream.columns - 1 : 79;
    const lines = progressTable(progress).map((line) => line.slice(0, room));
    this.clear();
    this.#stream.write(`${lines.join('\n')}\n`);
    this.#lines = lines.length;
  }

  /** Take the table away, so that what follows starts where it stood. */
  clear(): void {
    if (this.#lines > 0) this.#stream.write(`\x1b[${this.#lines}A\x1b[J`);
    this.#lines = 0;
  }
}

/** `12 of 100 done (3 reused), 2 running, 0 failed, 61.5/min, ETA 1 min 26 s`. */
export function progressLine(p: SweepProgress): string {
  const reused = p.reused > 0 ? ` (${p.reused} reused)` : '';
  const eta = p.etaSeconds === null ? '' : `, ETA ${formatNs(p.etaSeconds * 1e9)}`;
  return `${p.done} of ${p.total} done${reused}, ${p.running} running, ${p.failed} failed, ${p.perMinute.toFixed(1)}/min${eta}`;
}

const BAR = 30;

/** The same with a bar, and a line for each machine. */
export function progressTable(p: SweepProgress): string[] {
  const filled = p.total === 0 ? 0 : Math.floor((BAR * (p.done + p.failed)) / p.total);
  const width = Math.max(7, ...p.machines.map(({ host }) => host.length));
  const row = (cells: readonly (string | number)[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(width) : String(cell).padStart(8))).join('');
  const machines = p.machines.map(({ host, workers, jobs, running, done }) => row([host, workers, jobs, running, done]));
  return [
    `${p.name}  [${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}]`,
    progressLine(p),
    ...(machines.length === 0 ? ['no machine works on it'] : [row(['machine', 'workers', 'jobs', 'running', 'done']), ...machines]),
  ];
}
