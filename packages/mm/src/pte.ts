/** Flags of a page-table entry (`pteFlags`); beside them an entry is a frame number (`ptePfn`) and marks, Accessed and Dirty among them. */
export const Pte = {
  /** Bits 0 to 2: node of the frame, so that a walk knows the latency without a second lookup. */
  nidMask: 0x07,
  present: 0x08,
  write: 0x10,
  /** Present but not accessible: a touch is a hinting fault. */
  protNone: 0x20,
  /** Mapped by the PMD entry above it: Accessed and Dirty live in `pmdAccessed` and `pmdDirty`. */
  huge: 0x80,
} as const;

/** True when an access through this entry goes ahead without a fault. @kernel pte_present && !pte_protnone */
export function ptePlain(flags: number): boolean {
  return (flags & (Pte.present | Pte.protNone)) === Pte.present;
}
