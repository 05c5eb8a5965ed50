/** Ids of the elements in which a page carries a run: its manifest as JSON, and its journal, deflated, in base 64. */
export const EMBEDDED_MANIFEST = 'damonlab-manifest';
export const EMBEDDED_RUN = 'damonlab-run';
