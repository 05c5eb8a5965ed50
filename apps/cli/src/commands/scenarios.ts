import { listScenarios, scenarioJsonSchema } from '@damonlab/scenario';
import { Exit } from '../exit.js';
import type { AddCommand } from '../program.js';

/** `damonlab scenarios`: what is shipped. */
export const addScenarios: AddCommand = (program, done) => {
  program
    .command('scenarios')
    .description('list the shipped scenarios; run one by its name')
    .option('--json', 'print the list as JSON')
    .option('--schema', 'print the JSON Schema of scenario files instead')
    .action((options) => {
      process.stdout.write(`${listing(options)}\n`);
      done(Exit.ok);
    });
};

function listing(options: { json?: true; schema?: true }): string {
  if (options.schema === true) return JSON.stringify(scenarioJsonSchema(), null, 2);
  const scenarios = listScenarios();
  if (options.json === true) return JSON.stringify({ scenarios }, null, 2);
  const width = Math.max(...scenarios.map((scenario) => scenario.name.length));
  return scenarios.map((scenario) => `${scenario.name.padEnd(width)}  ${scenario.description}`).join('\n');
}
