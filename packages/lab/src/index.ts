export { codeDigest } from './code-digest.js';
export { type RunProgress, type RunResult, type RunScenarioOptions, runScenario } from './run-scenario.js';
export { simulate } from './simulate.js';
