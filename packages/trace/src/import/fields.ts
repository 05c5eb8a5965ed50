/** Reading fields of a line of bytes in place. Positions are indexes into the bytes; -1 stands for "not there". */

const SPACE = 32;
const TAB = 9;

/** The field that a `Scan` has just read. */
export class Scan {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  end = 0;

  over(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    return this;
  }

  skipBlanks(): void {
    while (this.at < this.end && isBlank(this.bytes[this.at])) this.at++;
  }

  /** Step over `byte` if it is next. */
  take(byte: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** Hexadecimal digits up to the first other byte; -1 without any, or if the number is beyond 2^52 * 16. */
  hex(): number {
    let value = 0;
    const begin = this.at;
    for (; this.at < this.end; this.at++) {
      const digit = HEX[this.bytes[this.at]];
      if (digit === NO_DIGIT) break;
      value = value * 16 + digit;
    }
    return this.at === begin || value > ADDRESS_MAX ? -1 : value;
  }

  /** Whether a blank and a word of hexadecimal digits are next, or nothing any more. Stays where it is. */
  hexOrEnd(): boolean {
    let at = this.at;
    while (at < this.end && isBlank(this.bytes[at])) at++;
    if (at === this.end) return true;
    const begin = at;
    while (at < this.end && HEX[this.bytes[at]] !== NO_DIGIT) at++;
    return begin > this.at && at > begin && (at === this.end || isBlank(this.bytes[at]));
  }

  /** Decimal digits; -1 without any, or beyond 2^53. */
  decimal(): number {
    let value = 0;
    const begin = this.at;
    for (; this.at < this.end; this.at++) {
      const digit = this.bytes[this.at] - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    return this.at === begin || value > Number.MAX_SAFE_INTEGER ? -1 : value;
  }

  /** The word up to the next blank, as text; empty at the end. */
  word(): string {
    this.skipBlanks();
    const begin = this.at;
    this.skipWord();
    return this.text(begin, this.at);
  }

  /** To the next blank: nowhere, if one is next. */
  skipWord(): void {
    while (this.at < this.end && !isBlank(this.bytes[this.at])) this.at++;
  }

  text(start: number, end: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, end - start).toString('latin1');
  }

  rest(): string {
    return this.text(this.at, this.end).trim();
  }
}

/** User addresses of x86-64 with five levels, and kernel ones, which importers leave out. */
const ADDRESS_MAX = 2 ** 64;
const NO_DIGIT = 255;
const HEX = new Uint8Array(256).fill(NO_DIGIT);
for (const [i, c] of [...'0123456789abcdef'].entries()) {
  HEX[c.charCodeAt(0)] = i;
  HEX[c.toUpperCase().charCodeAt(0)] = i;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === 13;
}
