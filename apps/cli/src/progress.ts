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
    this.#stream.write(this.#stream.isTTY ? `\r${fitted(progress, this.#stream.columns)}\x1b[K` : `${progressText(progress)}\n`);
    this.#shown = true;
  }

  /** Take the line away, so that what follows starts at the left. */
  clear(): void {
    if (this.#shown && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}

const BAR = 20;

/** The text with a bar before it where there is room, and cut off where there is none: a line that wraps cannot renew itself. */
export function fitted(progress: Progress, columns: number): string {
  const text = progressText(progress);
  const room = columns > 0 ? columns - 1 : 79;
  if (!hasEnd(progress) || text.length + BAR + 3 > room) return text.slice(0, room);
  const done = Math.min(BAR, Math.floor((BAR * progress.virtualNs) / progress.durationNs));
  return `[${'#'.repeat(done)}${'.'.repeat(BAR - done)}] ${text}`;
}

/** `12.3 s of 30.0 s (41 %), 3.2x real time, 23 regions, ETA 5.4 s`. */
export function progressText(p: Progress): string {
  const known = hasEnd(p);
  const share = known ? ` of ${formatNs(p.durationNs)} (${Math.min(100, Math.floor((100 * p.virtualNs) / p.durationNs))} %)` : '';
  const eta = known && Number.isFinite(p.etaSeconds) ? `, ETA ${formatNs(p.etaSeconds * 1e9)}` : '';
  return `${formatNs(p.virtualNs)}${share}, ${p.speedup.toFixed(1)}x real time, ${p.nrRegions} regions${eta}`;
}

function hasEnd({ durationNs }: Progress): boolean {
  return Number.isFinite(durationNs) && durationNs > 0;
}
