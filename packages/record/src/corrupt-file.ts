import { UserError } from '@damonlab/base';

/** A file of a run that cannot be what damonlab wrote. */
export function corruptFile(file: string, why: string): UserError {
  return new UserError(`corrupt file: ${why}`, { where: file, hint: 'repeat the run from the scenario in its manifest.json' });
}
