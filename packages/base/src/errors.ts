/**
 * Errors are for people. A `UserError` is something the user can mend: it says what is wrong, where, what was
 * expected, what was found and what to do. Anything else that is thrown is a defect of damonlab or of the machine.
 */
export interface UserErrorDetails {
  /** File, line, column or key: as exact as is known, e.g. `stairs.cfg:12:5` or `scenario.yaml: damon.nr_regions.min`. */
  readonly where?: string;
  readonly expected?: string;
  readonly actual?: string;
  /** The error that the modelled kernel answers with, e.g. `EINVAL`. */
  readonly errno?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Bad input: the CLI prints `message` (which contains all details) and exits with status 2. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly details: UserErrorDetails;

  constructor(what: string, details: UserErrorDetails = {}) {
    super(formatUserError(what, details));
    this.details = details;
  }
}

/** A run that could not go on (disk full, worker died): the CLI prints `message` and exits with status 1. */
export class RunError extends Error {
  override readonly name = 'RunError';
}

function formatUserError(what: string, d: UserErrorDetails): string {
  const lines = [d.where === undefined ? what : `${d.where}: ${what}`];
  if (d.expected !== undefined) lines.push(`  expected: ${d.expected}`);
  if (d.actual !== undefined) lines.push(`  actual:   ${d.actual}`);
  if (d.errno !== undefined) lines.push(`  errno:    ${d.errno}`);
  if (d.hint !== undefined) lines.push(`  hint:     ${d.hint}`);
  return lines.join('\n');
}
