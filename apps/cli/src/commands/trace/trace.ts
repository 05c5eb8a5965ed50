import type { AddCommand } from '../../program.js';
import { addImport } from './import.js';

/** `damonlab trace …`: everything about traces but making one of a live program (`capture`) and running one (`run`). */
export const addTrace: AddCommand = (program, done) => {
  const trace = program.command('trace').description('traces of real programs: take over, look at, cut, put together');
  for (const add of [addImport]) add(trace, done);
};
