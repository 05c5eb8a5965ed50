import { availableParallelism } from 'node:os';
import { Command, CommanderError, Option } from '@commander-js/extra-typings';
import { RunError, UserError } from '@damonlab/base';
import { hidePasswords, openRedis, passwordFromFile } from '@damonlab/store';
import { work } from './work.js';

const Exit = { ok: 0, failed: 1, badInput: 2, interrupted: 130 } as const;
const EXIT_HELP = 'Exit status: 0 drained or done, 1 the store failed, 2 bad input or another version than the sweep, 130 stopped at once.';

/** Run the worker with the command line `args`. Never throws; returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('damonlab-worker')
    .description('Take points of sweeps from a Redis and do them, until SIGTERM or Ctrl-C; points under way are finished.')
    .argument('[sweep]', 'name of the only sweep to work on; it ends with it (default: all that run, now and later)')
    .addOption(new Option('--redis <url>', 'redis://:PASSWORD@HOST or rediss://...').env('DAMONLAB_REDIS').makeOptionMandatory())
    .option('--jobs <n>', 'points at a time', jobs, availableParallelism())
    .option('--out <dir>', 'folder for run directories that a sweep keeps', 'runs')
    .addHelpText('afterAll', `\n${EXIT_HELP}`)
    .configureOutput({ outputError: (text, write) => write(hidePasswords(text.replace(/^error: /, 'damonlab-worker: '))) })
    .exitOverride()
    .action(async (sweep, options) => {
      const backend = await openRedis(options.redis, passwordFromFile());
      try {
        await drainable((signal) => work(backend, { sweep: sweep ?? null, jobs: options.jobs, runsDir: options.out, signal, log }));
      } finally {
        await backend.close();
      }
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return Exit.ok;
  } catch (error) {
    return report(error);
  }
}

/** While `body` runs, the first SIGTERM or Ctrl-C asks it to drain, and the second one ends the process at once. */
async function drainable(body: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(Exit.interrupted);
    log('draining: points under way are finished (once more: at once)');
    controller.abort();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    await body(controller.signal);
  } finally {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  }
}

function report(error: unknown): number {
  // Commander has printed its message, or the help, by itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.ok : Exit.badInput;
  log(hidePasswords(error instanceof Error ? error.message : String(error)));
  if (error instanceof UserError) return Exit.badInput;
  if (!(error instanceof RunError) && error instanceof Error && process.env.DAMONLAB_DEBUG === '1') log(hidePasswords(String(error.stack)));
  return Exit.failed;
}

function jobs(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new UserError('impossible value', { where: '--jobs', expected: 'a number from 1', actual: text });
}

function log(line: string): void {
  process.stderr.write(`damonlab-worker: ${line}\n`);
}
