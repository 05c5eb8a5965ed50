import { Option } from '@commander-js/extra-typings';
import { runScenario } from '@damonlab/lab';
import { type Clock, type ExecutorSpec, parseExecutor } from '@damonlab/machine';
import type { ResolvedScenario } from '@damonlab/scenario';
import { Exit } from '../exit.js';
import { interruptible } from '../interrupt.js';
import { RUNS_DIR } from '../newest-run.js';
import type { AddCommand } from '../program.js';
import { type Progress, ProgressLine, runProgress } from '../progress.js';
import { runText } from '../run-text.js';
import { addScenarioFlags } from '../scenario-flags.js';
import { scenarioFrom } from '../scenario-input.js';
import { colourful, widthOf } from '../terminal.js';

interface RunOptions {
  readonly executor: ExecutorSpec;
  readonly clock: Clock;
  readonly out: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly check?: true;
}

/** `damonlab run FILE`: simulate, record, and show what came out. */
export const addRun: AddCommand = (program, done) => {
  const command = program
    .command('run')
    .description('run a masim config or scenario on a simulated machine, watched by DAMON')
    .argument('<file>', 'masim config, scenario YAML, shipped scenario, or the manifest.json of a run to be repeated')
    .option(
      '--executor <name>',
      'threads (one worker per simulated CPU), lanes:N or inline; the result is the same',
      parseExecutor,
      'threads',
    )
    .addOption(
      new Option('--clock <which>', 'virtual: the same run every time; wall: real time, CPUs and kdamond race for real')
        .choices(['virtual', 'wall'] as const)
        .default('virtual' as const),
    )
    .option('--out <dir>', 'directory that the directory of the run is put into', RUNS_DIR)
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'no progress and no text')
    .option('--check', 'check invariants of the machine while it runs (slow)');
  const overrides = addScenarioFlags(command);
  command.action(async (file, options) => {
    done(await run(scenarioFrom(file, overrides), options));
  });
};

async function run(scenario: ResolvedScenario, options: RunOptions): Promise<number> {
  const progress = options.quiet === true ? null : new ProgressLine(process.stderr, runProgress);
  const check = options.check === true ? { check: true } : {};
  const onProgress = progress === null ? {} : { onProgress: (now: Progress) => progress.update(now) };
  const result = await interruptible((signal) =>
    runScenario(scenario, {
      executor: options.executor,
      clock: options.clock,
      outDir: options.out,
      control: true,
      signal,
      ...onProgress,
      ...check,
    }),
  ).finally(() => progress?.clear());
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else if (options.quiet !== true && result.dir !== null) {
    process.stdout.write(await runText(result.dir, { color: colourful(process.stdout), width: widthOf(process.stdout) }));
  }
  return result.state === 'interrupted' ? Exit.interrupted : Exit.ok;
}
