const FIRST_SLOTS = 1 << 10;

/** From page number to a small index: open addressing on whole numbers up to 2^52. */
export class PageIndex {
  #keys = new Float64Array(FIRST_SLOTS).fill(-1);
  #values = new Int32Array(FIRST_SLOTS);
  #mask = FIRST_SLOTS - 1;
  #used = 0;

  /** Number of pages known. */
  get size(): number {
    return this.#used;
  }

  /** Index of `page`, -1 if it has none. */
  get(page: number): number {
    let slot = hash(page) & this.#mask;
    for (;;) {
      const key = this.#keys[slot];
      if (key === page) return this.#values[slot];
      if (key === -1) return -1;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Give `page`, which has none, the index `value`. */
  set(page: number, value: number): void {
    if (2 * this.#used >= this.#mask) this.#grow();
    this.#insert(page, value);
    this.#used++;
  }

  clear(): void {
    if (this.#used === 0) return;
    this.#keys.fill(-1);
    this.#used = 0;
  }

  #insert(page: number, value: number): void {
    let slot = hash(page) & this.#mask;
    while (this.#keys[slot] !== -1) slot = (slot + 1) & this.#mask;
    this.#keys[slot] = page;
    this.#values[slot] = value;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Float64Array(2 * keys.length).fill(-1);
    this.#values = new Int32Array(2 * keys.length);
    this.#mask = 2 * keys.length - 1;
    for (let i = 0; i < keys.length; i++) if (keys[i] !== -1) this.#insert(keys[i], values[i]);
  }
}

function hash(page: number): number {
  const mixed = Math.imul(page >>> 0, 0x9e37_79b1) ^ Math.imul((page / 2 ** 32) | 0, 0x85eb_ca6b);
  return mixed ^ (mixed >>> 15);
}
