/**
 * `npm start`: install and build what is missing, run the shipped examples that have no run yet, and serve the dashboard on them
 * until Ctrl-C. `npm start -- ARGS` runs `damonlab ARGS` instead.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, CLI, main, node, prepare, ROOT } from './lib.mjs';

/** The stairs as Accessed bits show them; and who climbed them, asked of hinting faults that DAMON shares with NUMA balancing. */
const EXAMPLES = ['climbers', 'stairs-demo'];

main(() => {
  prepare();
  build();
  const args = process.argv.slice(2);
  if (args.length > 0) return node(CLI, args).status;
  for (const example of EXAMPLES.filter((name) => !hasRun(name))) {
    const { status } = node(CLI, ['run', example]);
    if (status !== 0) return status;
  }
  return node(CLI, ['serve']).status;
});

/** Whether there is a run of a shipped scenario: its directory begins with the name. */
function hasRun(name) {
  const runs = join(ROOT, 'runs');
  return existsSync(runs) && readdirSync(runs).some((dir) => dir.startsWith(`${name}-`) && existsSync(join(runs, dir, 'manifest.json')));
}
