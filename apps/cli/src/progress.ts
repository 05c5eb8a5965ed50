import { formatNs } from './terminal.js';

/** How far a run is, as the lab reports it. */
export interface Progress {
  readonly virtualNs: number;
  /** Infinity if nobody knows. */
  readonly durationNs: number;
  readonly nrRegions: number;
  /** Virtual over real time. */
  readonly speedup: number;
  readonly etaSeconds: number;
}

const TERMINAL_MS = 100;
const PLAIN_MS = 5_000;

/** Shows progress on stderr: one line that renews itself on a terminal, a plain line every few seconds elsewhere. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #everyMs: number;
  #lastMs: number;
  #shown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#everyMs = stream.isTTY ? TERMINAL_MS : PLAIN_MS;
    this.#lastMs = Date.now();
  }

  update(progress: Progress): void {
    const now = Date.now();
    if (now - this.#lastMs < this.#everyMs) return;
    this.#lastMs = now;
    const line = progressText(progress);
    this.#stream.write(this.#stream.isTTY ? `\r${line.slice(0, Math.max(20, this.#stream.columns - 1))}\x1b[K` : `${line}\n`);
    this.#shown = true;
  }

  /** Take the line away, so that what follows starts at the left. */
  clear(): void {
    if (this.#shown && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}

/** `12.3 s of 30.0 s (41 %), 3.2x real time, 23 regions, ETA 5.4 s`. */
export function progressText(p: Progress): string {
  const known = Number.isFinite(p.durationNs) && p.durationNs > 0;
  const share = known ? ` of ${formatNs(p.durationNs)} (${Math.min(100, Math.floor((100 * p.virtualNs) / p.durationNs))} %)` : '';
  const eta = known && Number.isFinite(p.etaSeconds) ? `, ETA ${formatNs(p.etaSeconds * 1e9)}` : '';
  return `${formatNs(p.virtualNs)}${share}, ${p.speedup.toFixed(1)}x real time, ${p.nrRegions} regions${eta}`;
}
