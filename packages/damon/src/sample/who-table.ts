const FIRST_CAPACITY = 64;

/** Small numbers for (cpu, tid, read or write), given out in order of appearance. Memory grows with new ones only. */
export class WhoTable {
  length = 0;
  cpu = new Int32Array(FIRST_CAPACITY);
  tid = new Int32Array(FIRST_CAPACITY);
  isWrite = new Uint8Array(FIRST_CAPACITY);
  /** Open addressing: number + 1, or 0 for a free place. At most half full. */
  #places = new Int32Array(2 * FIRST_CAPACITY);

  numberOf(cpu: number, tid: number, isWrite: boolean): number {
    const write = isWrite ? 1 : 0;
    const place = this.#placeOf(cpu, tid, write);
    const known = this.#places[place];
    return known === 0 ? this.#add(place, cpu, tid, write) : known - 1;
  }

  /** By CPU, then thread, reads before writes. */
  compare(a: number, b: number): number {
    return this.cpu[a] - this.cpu[b] || this.tid[a] - this.tid[b] || this.isWrite[a] - this.isWrite[b];
  }

  /** Where this one is, or the free place where it belongs. */
  #placeOf(cpu: number, tid: number, write: number): number {
    const mask = this.#places.length - 1;
    const mixed = Math.imul(Math.imul(tid, 0x9e3779b1) ^ (2 * cpu + write), 0x85ebca6b);
    let place = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const who = this.#places[place] - 1;
      if (who < 0 || (this.cpu[who] === cpu && this.tid[who] === tid && this.isWrite[who] === write)) return place;
      place = (place + 1) & mask;
    }
  }

  #add(place: number, cpu: number, tid: number, write: number): number {
    const who = this.length++;
    this.cpu[who] = cpu;
    this.tid[who] = tid;
    this.isWrite[who] = write;
    this.#places[place] = who + 1;
    if (this.length === this.cpu.length) this.#grow();
    return who;
  }

  #grow(): void {
    const capacity = 2 * this.cpu.length;
    const { cpu, tid, isWrite } = this;
    this.cpu = new Int32Array(capacity);
    this.cpu.set(cpu);
    this.tid = new Int32Array(capacity);
    this.tid.set(tid);
    this.isWrite = new Uint8Array(capacity);
    this.isWrite.set(isWrite);
    this.#places = new Int32Array(2 * capacity);
    for (let who = 0; who < this.length; who++) {
      this.#places[this.#placeOf(this.cpu[who], this.tid[who], this.isWrite[who])] = who + 1;
    }
  }
}
