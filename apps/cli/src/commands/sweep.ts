import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command, OptionValues } from '@commander-js/extra-typings';
import { UserError } from '@damonlab/base';
import type { Backend } from '@damonlab/store';
import {
  findSweep,
  loadSweep,
  planOf,
  renderResults,
  runSweep,
  type SweepEnd,
  type SweepPlan,
  sweepJsonSchema,
  unpark,
  type Verification,
  verifySweep,
} from '@damonlab/sweep';
import { Exit } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { AddCommand } from '../program.js';
import { outOption, redisOption, type StoreOptions, withStore } from '../store-flags.js';
import { SweepTable } from '../sweep-progress.js';
import { addSweepQueries } from './sweep-queries.js';

interface SweepOptions extends StoreOptions {
  readonly jobs: number;
  readonly json?: true;
  readonly quiet?: true;
  readonly verify?: number;
}

/** `damonlab sweep FILE`: many runs, here or on many machines. */
export const addSweep: AddCommand = (program, done) => {
  const sweep = program
    .command('sweep')
    .description('run a scenario over axes and seeds, here or on many machines, and collect figures')
    .enablePositionalOptions()
    .argument('[file]', 'sweep file (YAML)')
    .option('--resume', 'go on with the sweep where it stopped; failed points stay failed')
    .option('--yes', 'more than a million points are no mistake')
    .option('--schema', 'print the JSON Schema of sweep files instead');
  addRunFlags(sweep).action(async (file, options) => {
    if (options.schema === true) {
      process.stdout.write(`${JSON.stringify(sweepJsonSchema(), null, 2)}\n`);
      return done(Exit.ok);
    }
    if (file === undefined)
      throw new UserError('which sweep?', { expected: 'damonlab sweep FILE, or one of its subcommands', hint: 'damonlab sweep --help' });
    const plan = loadSweep(file, { many: options.yes === true });
    done(await withStore(options, (backend) => run(backend, plan, options.resume === true, options)));
  });
  addRunFlags(sweep.command('retry').description('try the failed points of a sweep again, and go on with it').argument('<name>')).action(
    async (name, options) => {
      done(
        await withStore(options, async (backend) => {
          const record = await findSweep(backend.store, name, 'sweep retry');
          const parked = await unpark(backend, record);
          if (options.quiet !== true)
            process.stderr.write(`damonlab: ${parked} failed ${parked === 1 ? 'point' : 'points'} to try again\n`);
          return run(backend, planOf(record), true, options);
        }),
      );
    },
  );
  addSweepQueries(sweep, done);
};

function addRunFlags<Args extends unknown[], Opts extends OptionValues>(command: Command<Args, Opts>) {
  return command
    .option('--jobs <n>', 'points at a time in this process; 0 leaves them to workers', wholeNumber, availableParallelism())
    .addOption(redisOption())
    .addOption(outOption())
    .option('--verify <n>', 'run n random points again at the end and compare every bit', wholeNumber)
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'no progress and no text');
}

async function run(backend: Backend, plan: SweepPlan, resume: boolean, options: SweepOptions): Promise<number> {
  checkJobs(backend, options.jobs);
  const startedMs = performance.now();
  const table = options.quiet === true ? null : new SweepTable(process.stderr);
  const { end, verified } = await interruptible(async (signal) => {
    const onProgress = table === null ? {} : { onProgress: table.update.bind(table) };
    const end = await runSweep(backend, plan, { jobs: options.jobs, runsDir: join(options.out, 'runs'), signal, resume, ...onProgress });
    const verified = end.state === 'complete' ? await verify(backend, plan, signal, options) : null;
    return { end, verified };
  }).finally(() => table?.clear());
  const seconds = (performance.now() - startedMs) / 1000;
  await tell(backend, plan, { end, verified, seconds }, options);
  if (end.state === 'interrupted') return Exit.interrupted;
  return end.state === 'cancelled' || end.progress.failed > 0 || (verified?.differences.length ?? 0) > 0 ? Exit.failed : Exit.ok;
}

function checkJobs({ shared }: Backend, jobs: number): void {
  if (jobs > 0 || shared) return;
  throw new UserError('nobody would do the points', { where: '--jobs 0', expected: '1 or more, or --redis URL, where workers join' });
}

async function verify(
  backend: Backend,
  plan: SweepPlan,
  signal: AbortSignal,
  { verify, jobs }: SweepOptions,
): Promise<Verification | null> {
  if (verify === undefined || verify === 0) return null;
  const record = await findSweep(backend.store, plan.name, 'sweep');
  return verifySweep(backend, record, { points: verify, jobs: Math.max(1, jobs), signal });
}

interface Result {
  readonly end: SweepEnd;
  readonly verified: Verification | null;
  readonly seconds: number;
}

async function tell(backend: Backend, plan: SweepPlan, { end, verified, seconds }: Result, options: SweepOptions): Promise<void> {
  const record = await findSweep(backend.store, plan.name, 'sweep');
  for (const difference of verified?.differences ?? []) process.stderr.write(`damonlab: ${difference}\n`);
  if (options.json === true) {
    const { rows } = JSON.parse(String(await renderResults(backend, record, 'json', false)));
    const { total, done, reused, failed } = end.progress;
    process.stdout.write(
      `${JSON.stringify({ name: plan.name, state: end.state, total, done, reused, failed, seconds, verified, rows })}\n`,
    );
    return;
  }
  if (options.quiet === true) return;
  const checked =
    verified === null ? [] : [`${verified.checked} run again: ${verified.differences.length === 0 ? 'the same bits' : 'DIFFERENT'}`];
  const { done, total, reused, failed } = end.progress;
  const counts = [
    `${done} of ${total} points done`,
    ...(reused > 0 ? [`${reused} of them reused`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...checked,
  ];
  process.stdout.write(`${plan.name} ${end.state}: ${counts.join(', ')}\n\n${await renderResults(backend, record, 'text', false)}`);
  if (failed > 0) process.stdout.write(`\nwhy points failed: npx damonlab sweep status ${plan.name}\n`);
}

export function wholeNumber(text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new UserError('impossible value', { where: `--jobs, --verify: ${text}`, expected: 'a whole number' });
}
