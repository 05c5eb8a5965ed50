import type { AddCommand } from '../../program.js';
import { addCut, addMerge } from './cut.js';
import { addHead } from './head.js';
import { addImport } from './import.js';
import { addInfo } from './info.js';

/** `damonlab trace …`: everything about traces but making one of a live program (`capture`) and running one (`run`). */
export const addTrace: AddCommand = (program, done) => {
  const trace = program.command('trace').description('traces of real programs: take over, look at, cut, put together');
  for (const add of [addInfo, addHead, addCut, addMerge, addImport]) add(trace, done);
};
