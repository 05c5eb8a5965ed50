export { codeDigest } from './code-digest.js';
export type { ControlApi } from './control/api.js';
export { controlRun } from './control/client.js';
export { type PooledRun, type RunPoolOptions, runAll, runOneByOne } from './run-pool.js';
export { type RunProgress, type RunResult, type RunScenarioOptions, runScenario } from './run-scenario.js';
export { simulate } from './simulate.js';
