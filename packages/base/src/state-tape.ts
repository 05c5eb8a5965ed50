import { assert } from './assert.js';

/**
 * Numbers that say where something stands, put down one after the other and taken up again in the same order. It lies on shared
 * memory, so what one thread puts down another can take up; who may do so when is the owner's business.
 */
export class StateTape {
  readonly #words: Float64Array;
  #at = 0;

  constructor(words: Float64Array) {
    this.#words = words;
  }

  /** Back to the start, to put down or to take up anew. */
  rewind(): this {
    this.#at = 0;
    return this;
  }

  put(value: number): void {
    assert(this.#at < this.#words.length, 'a state fits on its tape');
    this.#words[this.#at++] = value;
  }

  take(): number {
    assert(this.#at < this.#words.length, 'a state ends with its tape');
    return this.#words[this.#at++];
  }
}
