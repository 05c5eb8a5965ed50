import { assert } from './assert.js';

/** Element types of a shared field. */
export interface FieldViews {
  u8: Uint8Array;
  u16: Uint16Array;
  i32: Int32Array;
  u32: Uint32Array;
  f64: Float64Array;
}
export type FieldType = keyof FieldViews;

/** Fields of a layout, declared once: name → [element type, number of elements]. Order is order in memory. */
export type LayoutSpec = Readonly<Record<string, readonly [FieldType, number]>>;

/** The views that a spec describes. */
export type LayoutViews<S extends LayoutSpec> = { readonly [K in keyof S]: FieldViews[S[K][0]] };

const BYTES_PER_ELEMENT: Readonly<Record<FieldType, number>> = { u8: 1, u16: 2, i32: 4, u32: 4, f64: 8 };
/** Every field starts on a cache line of its own, so that fields with different writers never share one. */
const FIELD_ALIGN_BYTES = 64;
const HEADER_BYTES = 64;
const MAGIC = 0x6461_6d6c;

/**
 * One SharedArrayBuffer with named fields at fixed offsets. Every thread opens the same bytes with the same spec;
 * the header (magic, version, total size) makes a mismatch an error instead of garbage.
 */
export class SabLayout<S extends LayoutSpec> {
  readonly totalBytes: number;
  readonly offsets: { readonly [K in keyof S]: number };
  readonly #spec: S;
  readonly #version: number;

  constructor(spec: S, version: number) {
    this.#spec = spec;
    this.#version = version;
    let at = HEADER_BYTES;
    const offsets: Record<string, number> = {};
    for (const [name, [type, length]] of Object.entries(spec)) {
      assert(Number.isSafeInteger(length) && length >= 0, `field ${name} has length ${length}`);
      offsets[name] = at;
      at += Math.ceil((BYTES_PER_ELEMENT[type] * length) / FIELD_ALIGN_BYTES) * FIELD_ALIGN_BYTES;
    }
    this.offsets = offsets as { [K in keyof S]: number };
    this.totalBytes = at;
  }

  /** A new zeroed buffer with a valid header. Pages of it cost no memory before they are written. */
  allocate(): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(this.totalBytes);
    const header = new Float64Array(buffer, 0, 3);
    header[0] = MAGIC;
    header[1] = this.#version;
    header[2] = this.totalBytes;
    return buffer;
  }

  /** Open the fields of `buffer`. @throws when it was not allocated with this layout. */
  views(buffer: SharedArrayBuffer): LayoutViews<S> {
    const header = new Float64Array(buffer, 0, 3);
    assert(
      header[0] === MAGIC && header[1] === this.#version && header[2] === this.totalBytes,
      'shared buffer was laid out by another version or with other sizes',
    );
    const views: Record<string, FieldViews[FieldType]> = {};
    for (const [name, [type, length]] of Object.entries(this.#spec)) {
      views[name] = openView(buffer, type, this.offsets[name], length);
    }
    return views as LayoutViews<S>;
  }
}

function openView(buffer: SharedArrayBuffer, type: FieldType, offset: number, length: number): FieldViews[FieldType] {
  switch (type) {
    case 'u8':
      return new Uint8Array(buffer, offset, length);
    case 'u16':
      return new Uint16Array(buffer, offset, length);
    case 'i32':
      return new Int32Array(buffer, offset, length);
    case 'u32':
      return new Uint32Array(buffer, offset, length);
    case 'f64':
      return new Float64Array(buffer, offset, length);
  }
}
