import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { UserError, writeTextAtomic } from '@damonlab/base';
import {
  renderStudy,
  runStudy,
  STUDIES,
  STUDY_FORMATS,
  type StudyOutcome,
  type StudyResult,
  studyFiles,
  studyNamed,
} from '@damonlab/study';
import { Exit } from '../exit.js';
import { interruptible } from '../interrupt.js';
import { RUNS_DIR } from '../newest-run.js';
import type { AddCommand } from '../program.js';
import { ProgressLine } from '../progress.js';
import { studyProgress } from '../study-progress.js';

/** Fewer say nothing about what lies between seeds. */
const FEWEST_SEEDS = 3;

/** `damonlab study NAME`: make the runs that answer a question, and print the answer. */
export const addStudy: AddCommand = (program, done) => {
  program
    .command('study')
    .description('answer a question by many runs: tables with confidence intervals, plots, a closing paragraph')
    .argument('[name]', 'which study')
    .option('--list', 'list the studies and what they ask')
    .option('--quick', 'fewer variants and seeds, shorter runs: half a minute instead of ten')
    .option('--seeds <n>', 'seeds of each variant', wholeNumber('--seeds', FEWEST_SEEDS))
    .option('--jobs <n>', 'runs at the same time; the numbers do not depend on it (default: one per core)', wholeNumber('--jobs', 1))
    .addOption(new Option('--format <format>', 'how to print the answer').choices(STUDY_FORMATS).default('text' as const))
    .option('--out <dir>', `directory for the runs, tables and plots; runs that are there are not repeated (default: ${outOf('NAME')})`)
    .addHelpText('after', '\nA control that fails (a difference where there is none, or none where there is one) makes the exit status 1.')
    .action(async (name, options) => {
      if (options.list === true) {
        process.stdout.write(listing());
        done(Exit.ok);
        return;
      }
      const study = studyNamed(named(name));
      const outDir = options.out ?? outOf(study.name);
      const { quick = false, jobs = availableParallelism(), seeds, format } = options;
      const line = new ProgressLine(process.stderr, studyProgress(Date.now()));
      const outcome = await interruptible((signal) =>
        runStudy(study, { quick, jobs, outDir, signal, ...(seeds === undefined ? {} : { seeds }), onProgress: (now) => line.update(now) }),
      ).finally(() => line.clear());
      tell(outcome, outDir);
      if (outcome.result !== null) {
        save(outcome.result, outDir);
        process.stdout.write(renderStudy(outcome.result, format));
      }
      done(statusOf(outcome));
    });
};

function outOf(name: string): string {
  return join(RUNS_DIR, `study-${name}`);
}

function named(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new UserError('no study is named', {
    where: 'damonlab study',
    expected: `one of ${STUDIES.map((study) => study.name).join(', ')}`,
  });
}

function listing(): string {
  const width = Math.max(...STUDIES.map(({ name }) => name.length));
  return STUDIES.map(({ name, question }) => `${name.padEnd(width)}  ${question}\n`).join('');
}

/** Where the runs are, on stderr: stdout is the same whether they were made or found. */
function tell({ progress: { done, total, kept }, result }: StudyOutcome, outDir: string): void {
  const found = kept === 0 ? '' : `, ${kept} of them were there already`;
  const what = result === null ? `stopped: ${done} of ${total} runs are kept${found}; the same command goes on` : `${total} runs${found}`;
  process.stderr.write(`study: ${what}: ${join(outDir, 'runs')}\n`);
}

function save(result: StudyResult, outDir: string): void {
  mkdirSync(outDir, { recursive: true });
  const files = studyFiles(result);
  for (const [name, text] of files) writeTextAtomic(join(outDir, name), text);
  process.stderr.write(`study: tables and plots: ${[...files.keys()].map((name) => join(outDir, name)).join(' ')}\n`);
}

function statusOf({ result }: StudyOutcome): number {
  if (result === null) return Exit.interrupted;
  return result.controls.every(({ passed }) => passed) ? Exit.ok : Exit.failed;
}

function wholeNumber(flag: string, min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min && value <= 1000) return value;
    throw new UserError('wrong number', { where: `${flag} ${text}`, expected: `a whole number from ${min} to 1000`, actual: text });
  };
}
