import { UserError } from '@damonlab/base';
import type { Study } from '../study.js';
import { attributionStudy } from './attribution.js';
import { clocksStudy } from './clocks.js';
import { interleaveStudy } from './interleave.js';
import { memoryStudy } from './memory.js';

import { migrationStudy } from './migration.js';
import { placementStudy } from './placement.js';
import { precopyStudy } from './precopy.js';
import { schedulingStudy } from './scheduling.js';
import { sharingStudy } from './sharing.js';
import { tieringStudy } from './tiering.js';

/** All studies, in the order in which they are listed. */
export const STUDIES: readonly Study[] = [
  attributionStudy,
  sharingStudy,
  schedulingStudy,
  migrationStudy,
  precopyStudy,
  placementStudy,
  tieringStudy,
  memoryStudy,
  interleaveStudy,
  clocksStudy,
];

/** @throws UserError if there is no study called `name` */
export function studyNamed(name: string): Study {
  const study = STUDIES.find((one) => one.name === name);
  if (study !== undefined) return study;
  throw new UserError('no such study', {
    where: name,
    expected: `one of ${STUDIES.map((one) => one.name).join(', ')}`,
    hint: '`damonlab study --list` says what each of them asks',
  });
}
