/** Slots of time before they are numbered anew. */
const FIRST_SLOTS = 1 << 16;

/**
 * Reuse distances: how many other pages were touched since a page was touched last. A slot of time holds 1 if it is the last touch
 * of some page; a Fenwick tree adds slots up. When the slots are used up, those in use move together.
 */
export class StackDistance {
  /** By page id: slot of its last touch, -1: none yet. */
  #last = new Int32Array(1024).fill(-1);
  #owner = new Int32Array(FIRST_SLOTS).fill(-1);
  #tree = new Int32Array(FIRST_SLOTS + 1);
  #next = 0;
  #pages = 0;

  /** Touch the page with this id (whole numbers from 0, given out one after the other). Returns its distance, -1 the first time. */
  touch(id: number): number {
    if (id >= this.#last.length) this.#growPages();
    if (this.#next === this.#owner.length) this.#compact();
    const last = this.#last[id];
    let distance = -1;
    if (last < 0) this.#pages++;
    else {
      distance = this.#pages - this.#sum(last + 1);
      this.#add(last, -1);
      this.#owner[last] = -1;
    }
    this.#last[id] = this.#next;
    this.#owner[this.#next] = id;
    this.#add(this.#next, 1);
    this.#next++;
    return distance;
  }

  #growPages(): void {
    const larger = new Int32Array(2 * this.#last.length).fill(-1);
    larger.set(this.#last);
    this.#last = larger;
  }

  #compact(): void {
    const used = this.#owner.filter((id) => id >= 0);
    const slots = Math.max(this.#owner.length, 2 * used.length);
    this.#owner = new Int32Array(slots).fill(-1);
    this.#owner.set(used);
    this.#tree = new Int32Array(slots + 1);
    used.forEach((id, slot) => {
      this.#last[id] = slot;
      this.#add(slot, 1);
    });
    this.#next = used.length;
  }

  #add(slot: number, value: number): void {
    for (let i = slot + 1; i < this.#tree.length; i += i & -i) this.#tree[i] += value;
  }

  /** Number of last touches in the slots before `end`. */
  #sum(end: number): number {
    let sum = 0;
    for (let i = end; i > 0; i -= i & -i) sum += this.#tree[i];
    return sum;
  }
}
