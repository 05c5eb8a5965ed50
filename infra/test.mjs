/**
 * `npm test`: install and build what is missing, then lint, package boundaries, the types of the tests (the build leaves tests
 * out) and every test; tests that need a Redis start their own, of the redis-server that is found or fetched here. Arguments go to vitest.
 * The closing line `N passed, N failed` counts vitest's tests; a step that fails without a failing test counts as one
 * failed, so that a red run never reads `0 failed`.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, CACHE, main, node, prepare, ROOT, readIfThere, StepError, tool, turbo } from './lib.mjs';
import { findRedis } from './redis.mjs';
import { closingLine, countTests, skippedTests } from './test-counts.mjs';

const REPORT = join(CACHE, 'vitest.json');

main(() => {
  const failedSteps = [];
  const built = step('build', failedSteps, () => {
    prepare();
    build();
    return 0;
  });
  let counts = { passed: 0, failed: 0, skipped: 0 };
  if (built) {
    step('lint', failedSteps, () => node(tool('@biomejs/biome/bin/biome'), ['check', '.']).status);
    step('boundaries', failedSteps, () => turbo(['boundaries']).status);
    step('types', failedSteps, () => node(tool('typescript/bin/tsc'), ['-p', 'tsconfig.test.json']).status);
    rmSync(REPORT, { force: true });
    mkdirSync(CACHE, { recursive: true });
    const redis = findRedis();
    const env = redis === null ? {} : { DAMONLAB_REDIS_SERVER: redis };
    const passed = step('vitest', failedSteps, () => node(tool('vitest/vitest.mjs'), vitestArguments(), { env }).status);
    counts = countTests(readIfThere(REPORT));
    for (const name of skippedTests(readIfThere(REPORT), ROOT)) console.log(`skipped: ${name}`);
    // Vitest failed for what it counted: named by the counts already.
    if (!passed && counts.failed > 0) failedSteps.pop();
  }
  if (failedSteps.length > 0) console.log(`failed steps: ${failedSteps.join(', ')}${built ? '' : ' (tests were not run)'}`);
  counts.failed += failedSteps.length;
  console.log(closingLine(counts));
  return counts.failed === 0 ? 0 : 1;
});

/** Run one step; its failure is noted and the next step runs all the same. @returns {boolean} did it pass? */
function step(name, failedSteps, body) {
  let status = 1;
  try {
    status = body();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(`damonlab: ${error.message}`);
  }
  if (status !== 0) failedSteps.push(name);
  return status === 0;
}

function vitestArguments() {
  return ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...process.argv.slice(2)];
}
