import { formatNs } from './terminal.js';

const TERMINAL_MS = 100;
const PLAIN_MS = 5_000;
const MB = 1e6;

/** How far the reading of a file is, on stderr: `12.0 MB of 50.0 MB (24 %), 81.3 MB/s, ETA 1.2 s`. */
export class StepProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #startedMs = Date.now();
  #lastMs = Date.now();
  #shown = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** `totalBytes` 0: not known. */
  update(doneBytes: number, totalBytes: number): void {
    const now = Date.now();
    if (now - this.#lastMs < (this.#stream.isTTY ? TERMINAL_MS : PLAIN_MS)) return;
    this.#lastMs = now;
    const text = stepText(doneBytes, totalBytes, (now - this.#startedMs) / 1000);
    this.#stream.write(this.#stream.isTTY ? `\r${text}\x1b[K` : `${text}\n`);
    this.#shown = true;
  }

  /** Take the line away. */
  clear(): void {
    if (this.#shown && this.#stream.isTTY) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }
}

export function stepText(doneBytes: number, totalBytes: number, seconds: number): string {
  const perSecond = doneBytes / Math.max(seconds, 1e-3);
  const mb = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`;
  if (totalBytes === 0) return `${mb(doneBytes)}, ${mb(perSecond)}/s`;
  const eta = (totalBytes - doneBytes) / perSecond;
  const share = Math.floor((100 * doneBytes) / totalBytes);
  return `${mb(doneBytes)} of ${mb(totalBytes)} (${share} %), ${mb(perSecond)}/s, ETA ${formatNs(eta * 1e9)}`;
}
