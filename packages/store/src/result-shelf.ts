import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { asRunError, isSystemError, writeTextAtomic } from '@damonlab/base';
import { keys } from './keys.js';
import type { Medium } from './medium.js';
import type { RunResult } from './run-store.js';

/** Where results lie, by their keys. One that is damaged is as good as none: its run is made again. */
export interface ResultShelf {
  get(key: string): Promise<RunResult | null>;
  /** How many damaged ones were met. */
  readonly damaged: number;
  put(result: RunResult): Promise<void>;
}

/** A file each, in a folder for each first byte of the key. */
export class ResultFiles implements ResultShelf {
  readonly #dir: string;
  damaged = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async get(key: string): Promise<RunResult | null> {
    const file = this.#file(key);
    try {
      const result = decode(fs.readFileSync(file, 'utf8'), key);
      if (result === null) this.damaged++;
      return result;
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return null;
      throw asRunError(error, file);
    }
  }

  async put(result: RunResult): Promise<void> {
    const file = this.#file(result.key);
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true });
    } catch (error) {
      throw asRunError(error, file);
    }
    writeTextAtomic(file, encode(result));
  }

  #file(key: string): string {
    return path.join(this.#dir, key.slice(0, 2), `${key}.json`);
  }
}

/** A string each. */
export class ResultKeys implements ResultShelf {
  readonly #medium: Medium;
  damaged = 0;

  constructor(medium: Medium) {
    this.#medium = medium;
  }

  async get(key: string): Promise<RunResult | null> {
    const [text] = await this.#medium.read([['get', keys.result(key)]]);
    if (typeof text !== 'string') return null;
    const result = decode(text, key);
    if (result === null) this.damaged++;
    return result;
  }

  async put(result: RunResult): Promise<void> {
    await this.#medium.write([['set', keys.result(result.key), encode(result)]]);
  }
}

function encode(result: RunResult): string {
  return `${JSON.stringify({ sha256: digest(result), result })}\n`;
}

/** Null if it is not what `encode` made, or the result of something else. */
function decode(text: string, key: string): RunResult | null {
  try {
    const { sha256, result } = JSON.parse(text);
    return sha256 === digest(result) && result.key === key ? result : null;
  } catch {
    return null;
  }
}

function digest(result: RunResult): string {
  return createHash('sha256').update(JSON.stringify(result)).digest('hex');
}
