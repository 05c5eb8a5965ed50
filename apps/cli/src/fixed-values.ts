import { UserError } from '@damonlab/base';

/** A flag with a fixed number of values, as damo has them: `--monitoring_intervals 5ms 100ms 1s`. */
export interface FixedFlag {
  readonly name: string;
  /** Names of the values, in order. */
  readonly values: readonly string[];
}

/** Stands between the values of one flag after `joinValues`. */
const SEPARATOR = '\n';

/**
 * Commander knows flags of one value and of any number, which would swallow the argument behind them. So the values of a flag
 * with a fixed number are joined to one before it sees them.
 * @throws UserError if values are missing.
 */
export function joinValues(args: readonly string[], flags: readonly FixedFlag[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    const flag = flags.find(({ name, values }) => values.length > 1 && arg === `--${name}`);
    if (flag === undefined) {
      joined.push(arg);
      continue;
    }
    const values = args.slice(i + 1, i + 1 + flag.values.length);
    const missing = values.findIndex((value) => value.startsWith('--'));
    if (missing >= 0 || values.length < flag.values.length) throw missingValues(flag, missing < 0 ? values : values.slice(0, missing));
    joined.push(`${arg}=${values.join(SEPARATOR)}`);
    i += values.length;
  }
  return joined;
}

/**
 * The values that `joinValues` joined.
 * @throws UserError if there are fewer than the flag has.
 */
export function splitValues(flag: FixedFlag, text: string): string[] {
  const values = text.split(SEPARATOR);
  if (values.length !== flag.values.length) throw missingValues(flag, values);
  return values;
}

function missingValues(flag: FixedFlag, found: readonly string[]): UserError {
  return new UserError('values are missing', {
    where: `--${flag.name}`,
    expected: `${flag.values.length} values: ${flag.values.join(' ')}`,
    actual: found.length === 0 ? 'none' : found.join(' '),
  });
}
