/**
 * `npm start`: install and build what is missing, then the main job on a shipped example, which ends with its heatmap and
 * what to ask next. `npm start -- ARGS` runs `damonlab ARGS` instead.
 */
import { build, CLI, main, node, prepare } from './lib.mjs';

const EXAMPLE = ['run', 'scenarios/stairs-demo.cfg'];

main(() => {
  prepare();
  build();
  const args = process.argv.slice(2);
  return node(CLI, args.length > 0 ? args : EXAMPLE).status;
});
