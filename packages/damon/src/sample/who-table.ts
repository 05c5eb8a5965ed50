const FIRST_CAPACITY = 64;

/** Small numbers for (cpu, tid, read or write, place), given out in order of appearance. Memory grows with new ones only. */
export class WhoTable {
  length = 0;
  cpu = new Int32Array(FIRST_CAPACITY);
  tid = new Int32Array(FIRST_CAPACITY);
  isWrite = new Uint8Array(FIRST_CAPACITY);
  place = new Int32Array(FIRST_CAPACITY);
  /** Open addressing: number + 1, or 0 for a free slot. At most half full. */
  #slots = new Int32Array(2 * FIRST_CAPACITY);

  numberOf(cpu: number, tid: number, isWrite: boolean, place: number): number {
    const write = isWrite ? 1 : 0;
    const slot = this.#slotOf(cpu, tid, write, place);
    const known = this.#slots[slot];
    return known === 0 ? this.#add(slot, cpu, tid, write, place) : known - 1;
  }

  /** By CPU, then thread, reads before writes, then place. */
  compare(a: number, b: number): number {
    const { cpu, tid, isWrite, place } = this;
    return cpu[a] - cpu[b] || tid[a] - tid[b] || isWrite[a] - isWrite[b] || place[a] - place[b];
  }

  /** Where this one is, or the free slot where it belongs. */
  #slotOf(cpu: number, tid: number, write: number, place: number): number {
    const mask = this.#slots.length - 1;
    const mixed = Math.imul(Math.imul(tid, 0x9e3779b1) ^ Math.imul(place, 0xc2b2ae35) ^ (2 * cpu + write), 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const who = this.#slots[slot] - 1;
      if (who < 0 || this.#is(who, cpu, tid, write, place)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #is(who: number, cpu: number, tid: number, write: number, place: number): boolean {
    return this.cpu[who] === cpu && this.tid[who] === tid && this.isWrite[who] === write && this.place[who] === place;
  }

  #add(slot: number, cpu: number, tid: number, write: number, place: number): number {
    const who = this.length++;
    this.cpu[who] = cpu;
    this.tid[who] = tid;
    this.isWrite[who] = write;
    this.place[who] = place;
    this.#slots[slot] = who + 1;
    if (this.length === this.cpu.length) this.#grow();
    return who;
  }

  #grow(): void {
    const capacity = 2 * this.cpu.length;
    const { cpu, tid, isWrite, place } = this;
    this.cpu = new Int32Array(capacity);
    this.cpu.set(cpu);
    this.tid = new Int32Array(capacity);
    this.tid.set(tid);
    this.isWrite = new Uint8Array(capacity);
    this.isWrite.set(isWrite);
    this.place = new Int32Array(capacity);
    this.place.set(place);
    this.#slots = new Int32Array(2 * capacity);
    for (let who = 0; who < this.length; who++) {
      this.#slots[this.#slotOf(this.cpu[who], this.tid[who], this.isWrite[who], this.place[who])] = who + 1;
    }
  }
}
