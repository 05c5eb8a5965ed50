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

/** How progress of some kind looks. */
export interface ProgressFace<P> {
  text(progress: P): string;
  /** 0 to 1; null if nobody knows. */
  share(progress: P): number | null;
}

/** Shows progress on stderr: one line that renews itself on a terminal, a plain line every few seconds elsewhere. */
export class ProgressLine<P> {
  readonly #stream: NodeJS.WriteStream;
  readonly #face: ProgressFace<P>;
  readonly #everyMs: number;
  #lastMs: number;
  #shown = false;

  constructor(stream: NodeJS.WriteStream, face: ProgressFace<P>) {
    this.#stream = stream;
    this.#face = face;
    this.#everyMs = stream.isTTY ? TERMINAL_MS : PLAIN_MS;
    this.#lastMs = Date.now();
  }

  update(progress: P): void {
    const now = Date.now();
    if (now - this.#lastMs < this.#everyMs) return;
    this.#lastMs = now;
    const text = this.#face.text(progress);
    const line = () => fitted(text, this.#face.share(progress), this.#stream.columns);
    this.#stream.write(this.#stream.isTTY ? `\r${line()}\x1b[K` : `${text}\n`);
    this.#shown = true;
  }

  /** Take the line away, so that what follows starts at the left. */
  clear(): void {
    if (this.#shown && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}

const BAR = 20;

/** `text` with a bar before it where there is room, and cut off where there is none: a line that wraps cannot renew itself. */
export function fitted(text: string, share: number | null, columns: number): string {
  const room = columns > 0 ? columns - 1 : 79;
  if (share === null || text.length + BAR + 3 > room) return text.slice(0, room);
  const done = Math.min(BAR, Math.floor(BAR * share));
  return `[${'#'.repeat(done)}${'.'.repeat(BAR - done)}] ${text}`;
}

/** The progress of one run. */
export const runProgress: ProgressFace<Progress> = {
  text: progressText,
  share: (progress) => (hasEnd(progress) ? progress.virtualNs / progress.durationNs : null),
};

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
