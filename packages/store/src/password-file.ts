import { readFileSync } from 'node:fs';
import { UserError } from '@damonlab/base';

const VARIABLE = 'DAMONLAB_REDIS_PASSWORD_FILE';

/**
 * The password of the Redis from the file that DAMONLAB_REDIS_PASSWORD_FILE names, as containers and services get their secrets;
 * undefined if it names none.
 * @throws UserError if the file cannot be read
 */
export function passwordFromFile(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const file = env[VARIABLE];
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    const actual = error instanceof Error ? error.message : String(error);
    throw new UserError('cannot read the password', { where: `${VARIABLE}=${file}`, actual });
  }
}
