import { CommanderError } from '@commander-js/extra-typings';
import { RunError, UserError } from '@damonlab/base';

/** Exit statuses of damonlab. */
export const Exit = {
  ok: 0,
  /** The run failed, or damonlab itself did. */
  failed: 1,
  /** Bad input: wrong usage, scenario, file. */
  badInput: 2,
  /** Stopped by Ctrl-C: 128 + SIGINT. */
  interrupted: 130,
} as const;

export const EXIT_HELP = 'Exit status: 0 done, 1 the run failed, 2 bad input, 130 stopped by Ctrl-C.';

/** Tell the user on stderr what went wrong, and return the exit status. Only defects of damonlab have a stack, and only on request. */
export function reportError(error: unknown): number {
  // Commander has printed its message, or help or version, by itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.ok : Exit.badInput;
  if (error instanceof UserError) {
    process.stderr.write(`damonlab: ${error.message}\n`);
    return Exit.badInput;
  }
  if (error instanceof RunError) {
    process.stderr.write(`damonlab: ${error.message}\n`);
    return Exit.failed;
  }
  const debug = process.env.DAMONLAB_DEBUG !== undefined && process.env.DAMONLAB_DEBUG !== '';
  const message = error instanceof Error ? ((debug ? error.stack : undefined) ?? error.message) : String(error);
  process.stderr.write(`damonlab: internal error: ${message}\n${debug ? '' : 'Set DAMONLAB_DEBUG=1 to see where.\n'}`);
  return Exit.failed;
}
