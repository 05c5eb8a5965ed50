import { formatNs } from './terminal.js';

const TERMINAL_MS = 100;
const PLAIN_MS = 5_000;
const MILLION = 1e6;

/** How far a step is, on stderr: `12.0 MB of 50.0 MB (24 %), 81.3 MB/s, ETA 1.2 s`. */
export class StepProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #unit: string;
  readonly #startedMs = Date.now();
  #lastMs = Date.now();
  #shown = false;

  /** `unit`: a million of what is counted. */
  constructor(stream: NodeJS.WriteStream, unit = 'MB') {
    this.#stream = stream;
    this.#unit = unit;
  }

  /** `total` 0: not known. */
  update(done: number, total: number): void {
    const now = Date.now();
    if (now - this.#lastMs < (this.#stream.isTTY ? TERMINAL_MS : PLAIN_MS)) return;
    this.#lastMs = now;
    const text = stepText(done, total, (now - this.#startedMs) / 1000, this.#unit);
    this.#stream.write(this.#stream.isTTY ? `\r${text}\x1b[K` : `${text}\n`);
    this.#shown = true;
  }

  /** Take the line away. */
  clear(): void {
    if (this.#shown && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}

export function stepText(done: number, total: number, seconds: number, unit: string): string {
  const perSecond = done / Math.max(seconds, 1e-3);
  const millions = (count: number) => `${(count / MILLION).toFixed(1)} ${unit}`;
  if (total === 0) return `${millions(done)}, ${millions(perSecond)}/s`;
  const eta = formatNs(((total - done) / perSecond) * 1e9);
  return `${millions(done)} of ${millions(total)} (${Math.floor((100 * done) / total)} %), ${millions(perSecond)}/s, ETA ${eta}`;
}
