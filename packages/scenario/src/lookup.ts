import { UserError } from '@damonlab/base';
import { closest } from './closest.js';
import { show } from './explain.js';

/**
 * A preset by its name.
 * @throws UserError at `where` with the known names.
 */
export function lookup<T>(presets: ReadonlyMap<string, T>, name: string, what: string, where: string): T {
  const preset = presets.get(name);
  if (preset !== undefined) return preset;
  const near = closest(name, presets.keys());
  throw new UserError(`unknown ${what}`, {
    where,
    expected: [...presets.keys()].join(', '),
    actual: show(name),
    ...(near === undefined ? {} : { hint: `did you mean \`${near}\`?` }),
  });
}
