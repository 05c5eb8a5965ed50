/** What a kernel works on: constants to it. */
export interface KernelEnv {
  readonly flags: Uint8Array;
  /** `FaultLog.amend`: flags ^ amend is what this CPU believes. */
  readonly amend: Uint8Array;
  /** The marks of all entries (`Mark`), by byte, by half word and by word. */
  readonly marks8: Uint8Array;
  readonly marks16: Uint16Array;
  readonly marks32: Uint32Array;
  readonly pmdAccessed: Uint8Array;
  readonly pmdDirty: Uint8Array;
  /** Cost by flag byte in ps: [0, 256) translation known, [256, 512) walk; 0 in the upper half: a fault. */
  readonly cost: Int32Array;
  /** Whether any page may be armed in this machine; a constant, so what it guards costs nothing when it is false. */
  readonly arming: boolean;
  readonly small: TlbColumns;
  readonly huge: TlbColumns;
  /** Results of a call, see the kernel. */
  readonly out: Int32Array;
}

/** A `TlbArray`, seen from a kernel. */
export interface TlbColumns {
  readonly stamp: Int32Array;
  readonly inserted: Int32Array;
  readonly setMask: number;
  readonly span: number;
  readonly push: number;
}
