import { setTimeout } from 'node:timers/promises';
import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import { UserError, writeAll, writeFileAtomic } from '@damonlab/base';
import { formatTable } from '@damonlab/report';
import type { Backend, PointOutcome, SweepRecord } from '@damonlab/store';
import { findSweep, type Machine, machinesOf, RESULT_FORMATS, renderResults, sweepId } from '@damonlab/sweep';
import { Exit } from '../exit.js';
import { outOption, redisOption, withStore } from '../store-flags.js';

/** A worker that gave no sign for so long has gone. */
const WORKER_MS = 10_000;
const WATCH_MS = 2_000;
/** Failed points that are shown with their errors. */
const MOST_ERRORS = 10;

/** `damonlab sweep status|results|cancel`: what is asked of sweeps that run elsewhere or have run. */
export function addSweepQueries<Args extends unknown[], Opts extends OptionValues>(
  sweep: Command<Args, Opts>,
  done: (status: number) => void,
): void {
  sweep
    .command('status')
    .description('how far sweeps are, who works on them, and why points failed')
    .argument('[name]', 'left out: all sweeps')
    .addOption(redisOption())
    .addOption(outOption())
    .option('--json', 'print JSON')
    .option('--watch', 'print it again every two seconds, until the named sweep has ended')
    .action(async (name, options) => {
      await withStore(options, (backend) => status(backend, name, options.json === true, options.watch === true));
      done(Exit.ok);
    });
  sweep
    .command('results')
    .description('the figures of a sweep')
    .argument('<name>')
    .addOption(redisOption())
    .addOption(outOption())
    .addOption(new Option('--format <format>', 'how to print them').choices(RESULT_FORMATS).default('text' as const))
    .option('--points', 'a row for each point instead of means over the seeds')
    .option('--output <file>', 'write them to a file instead')
    .action(async (name, options) => {
      const what = await withStore(options, async (backend) => {
        const record = await findSweep(backend.store, name, 'sweep results');
        return renderResults(backend, record, options.format, options.points === true);
      });
      await deliver(what, options.output);
      done(Exit.ok);
    });
  sweep
    .command('cancel')
    .description('end a sweep: points under way are finished, all others are dropped')
    .argument('<name>')
    .addOption(redisOption())
    .addOption(outOption())
    .action(async (name, options) => {
      await withStore(options, (backend) => cancel(backend, name));
      done(Exit.ok);
    });
}

async function status(backend: Backend, name: string | undefined, json: boolean, watch: boolean): Promise<void> {
  for (;;) {
    const records = name === undefined ? await backend.store.sweeps() : [await findSweep(backend.store, name, 'sweep status')];
    const all = await Promise.all(records.map((record) => statusOf(backend, record, name !== undefined)));
    process.stdout.write(json ? `${JSON.stringify({ sweeps: all })}\n` : `${statusText(all)}\n`);
    if (!watch || (name !== undefined && all[0].state !== 'running')) return;
    await setTimeout(WATCH_MS);
  }
}

interface Status {
  readonly name: string;
  readonly state: SweepRecord['state'];
  readonly points: number;
  readonly done: number;
  readonly failed: number;
  readonly machines: readonly Machine[];
  /** Only if one sweep was asked for. */
  readonly errors: readonly { readonly point: number; readonly tries: number; readonly error: string }[];
}

async function statusOf({ store }: Backend, record: SweepRecord, withErrors: boolean): Promise<Status> {
  const { name, state, nrPoints } = record;
  const id = sweepId(record);
  const counts = await store.counts(id, nrPoints);
  const machines = machinesOf(await store.workers(id, Date.now() - WORKER_MS));
  const errors: Status['errors'][number][] = [];
  if (withErrors && counts.failed > 0) {
    for await (const [point, outcome] of store.outcomes(id, 0, nrPoints)) if (isFailed(outcome)) errors.push({ point, ...pick(outcome) });
  }
  return { name, state, points: nrPoints, ...counts, machines, errors };
}

type Failed = PointOutcome & { state: 'failed' };
const isFailed = (outcome: PointOutcome): outcome is Failed => outcome.state === 'failed';
const pick = ({ tries, error }: Failed) => ({ tries, error });

function statusText(all: readonly Status[]): string {
  if (all.length === 0) return 'there is no sweep yet';
  const rows = all.map(({ name, state, points, done, failed, machines }) => {
    const sum = (key: 'jobs' | 'running') => String(machines.reduce((total, machine) => total + machine[key], 0));
    return [name, state, String(points), String(done), String(failed), String(machines.length), sum('jobs'), sum('running')];
  });
  const header = ['sweep', 'state', 'points', 'done', 'failed', 'machines', 'jobs', 'running'];
  return [formatTable([header, ...rows]), ...all.flatMap(errorsText)].join('\n');
}

function errorsText({ errors }: Status): string[] {
  const lines = errors.slice(0, MOST_ERRORS).map(({ point, tries, error }) => `point ${point}, ${tries} tries: ${error}`);
  return [...lines, ...(errors.length > MOST_ERRORS ? [`and ${errors.length - MOST_ERRORS} more`] : [])];
}

async function cancel(backend: Backend, name: string): Promise<void> {
  const record = await findSweep(backend.store, name, 'sweep cancel');
  if (record.state === 'complete') throw new UserError('the sweep is complete', { where: name });
  await backend.store.setState(name, 'cancelled');
  await backend.queue(sweepId(record)).clear();
  const { done, failed } = await backend.store.counts(sweepId(record), record.nrPoints);
  process.stdout.write(`${name} cancelled: ${done} points done, ${failed} failed; their results stay\n`);
}

async function deliver(what: string | Uint8Array, file: string | undefined): Promise<void> {
  if (file !== undefined) {
    return writeFileAtomic(file, (fd) => writeAll(fd, Buffer.from(what)));
  }
  if (typeof what !== 'string')
    throw new UserError('Parquet is not for terminals', { where: '--format parquet', expected: '--output FILE' });
  process.stdout.write(what);
}
