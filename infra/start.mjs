/**
 * `npm start`: install and build what is missing, then the main job on a shipped example and its heatmap.
 * `npm start -- ARGS` runs `damonlab ARGS` instead.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, CLI, main, node, prepare, ROOT, StepError } from './lib.mjs';

const EXAMPLE = 'scenarios/stairs-demo.cfg';

main(() => {
  prepare();
  build();
  const args = process.argv.slice(2);
  if (args.length > 0) return node(CLI, args).status;

  const { status } = node(CLI, ['run', EXAMPLE]);
  return status === 0 ? node(CLI, ['report', 'heatmap', newestRun(join(ROOT, 'runs'))]).status : status;
});

/** The run directory that was finished last: the one whose manifest is the youngest. */
function newestRun(runs) {
  const manifests = existsSync(runs) ? readdirSync(runs).map((name) => join(runs, name, 'manifest.json')) : [];
  const byAge = manifests.filter((path) => existsSync(path)).sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  if (byAge.length === 0) throw new StepError(`the run left no directory with a manifest.json under ${runs}`);
  return join(byAge[byAge.length - 1], '..');
}
