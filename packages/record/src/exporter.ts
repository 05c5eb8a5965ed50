/** Who writes the files of a run. */
export const EXPORTER = 'damonlab@0.1.0';
