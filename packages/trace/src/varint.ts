/** Bytes that grow: the columns of a block under construction. Varints are LEB128. */
export class ByteColumn {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1 << 12) {
    this.bytes = new Uint8Array(capacity);
  }

  /** `value`: a whole number from 0 below 2^53. */
  varint(value: number): void {
    if (this.length + 8 > this.bytes.length) this.#grow();
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  u16(value: number): void {
    if (this.length + 2 > this.bytes.length) this.#grow();
    this.bytes[this.length++] = value & 0xff;
    this.bytes[this.length++] = value >>> 8;
  }

  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.bytes.length);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

export function varintBytes(value: number): Uint8Array {
  const column = new ByteColumn(8);
  column.varint(value);
  return column.written();
}

/** A signed difference as an unsigned number: small either way stays small. */
export function zigzag(delta: number): number {
  return delta >= 0 ? 2 * delta : -2 * delta - 1;
}

export function unzigzag(code: number): number {
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
}

/** Bytes that are read from front to back. Every read is bounded: past the end it throws `DamagedBlock`. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  varint(): number {
    const { bytes, end } = this;
    let at = this.at;
    let value = 0;
    // Four bytes are 28 bits: whole numbers to the machine.
    for (let shift = 0; shift < 28 && at < end; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
    }
    return this.#long();
  }

  #long(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      if (this.at >= this.end || scale > 2 ** 49) throw new DamagedBlock('a number that has no end');
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** `count` numbers, each plus `add`, into the front of `into`. Most of a trace is read here, and most numbers are one byte. */
  varints(into: Uint32Array | Float64Array, count: number, add: number): void {
    const { bytes, end } = this;
    const most = into instanceof Uint32Array ? 2 ** 32 - 1 : Number.MAX_SAFE_INTEGER;
    for (let i = 0; i < count; i++) {
      if (this.at < end && bytes[this.at] < 0x80) {
        into[i] = bytes[this.at++] + add;
        continue;
      }
      const value = this.varint() + add;
      if (value > most) throw new DamagedBlock('a number that is too large');
      into[i] = value;
    }
  }

  /** The next `length` bytes as a reader of their own. */
  slice(length: number): ByteReader {
    if (length > this.end - this.at) throw new DamagedBlock('a column that is longer than its block');
    this.at += length;
    return new ByteReader(this.bytes, this.at - length, this.at);
  }
}

/** The contents of a block make no sense. */
export class DamagedBlock extends Error {
  override readonly name = 'DamagedBlock';
}
