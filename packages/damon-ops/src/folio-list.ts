/** Entries that stand for folios, in the order of a walk; grows as needed and is used again. */
export class FolioList {
  entries = new Uint32Array(1024);
  length = 0;

  add(pte: number): void {
    if (this.length === this.entries.length) {
      const grown = new Uint32Array(2 * this.length);
      grown.set(this.entries);
      this.entries = grown;
    }
    this.entries[this.length++] = pte;
  }
}
