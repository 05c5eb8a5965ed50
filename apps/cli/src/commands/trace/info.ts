import { Option } from '@commander-js/extra-typings';
import { traceInfoSvg, traceInfoText } from '@damonlab/report';
import { TraceFile, traceInfo } from '@damonlab/trace';
import { deliver } from '../../deliver.js';
import { Exit } from '../../exit.js';
import type { AddCommand } from '../../program.js';
import { StepProgress } from '../../step-progress.js';

/** `damonlab trace info FILE`: what a trace is about. */
export const addInfo: AddCommand = (trace, done) => {
  trace
    .command('info')
    .description('threads, duration, footprint, who shares what, reuse and popularity of pages')
    .argument('<file>', 'trace')
    .addOption(new Option('--format <format>', 'how to print it').choices(['text', 'json', 'svg']).default('text' as const))
    .option('--output <file>', 'write it to a file instead')
    .action((file, { format, output }) => {
      const opened = TraceFile.open(file, { verify: true });
      const progress = new StepProgress(process.stderr, 'M records');
      const info = traceInfo(opened, (seen, total) => progress.update(seen, total));
      progress.clear();
      const text = { text: traceInfoText, svg: traceInfoSvg, json: (data: object) => `${JSON.stringify(data, null, 2)}\n` };
      deliver(text[format](info), output);
      done(Exit.ok);
    });
};
