export { bundleScenario, findTraces, resolveBundle, type ScenarioBundle } from './bundle.js';
export { closest } from './closest.js';
export { explain, type FileKind } from './explain.js';
export { readText } from './files.js';
export { importKdamonds, kdamondsOverride } from './kdamonds-file.js';
export { loadScenario, type OnWarning, parseScenario } from './load.js';
export type { Override } from './overrides.js';
export { KDAMONDS_PRESETS, type KdamondsPreset } from './presets/kdamonds.js';
export { MACHINE_PRESETS } from './presets/machines.js';
export { TLB_PRESETS } from './presets/tlbs.js';
export { TOPOLOGY_PRESETS } from './presets/topologies.js';
export {
  type KdamondCost,
  KERNELS,
  type Kernel,
  type ResolvedMachine,
  type ResolvedMonitor,
  type ResolvedProcess,
  type ResolvedScenario,
} from './resolved.js';
export { reviveScenario } from './revive.js';
export { scenarioJsonSchema } from './schema.js';
export { section } from './schema-values.js';
export { listScenarios, type ShippedScenario, shippedFile } from './shipped.js';
export { ScenarioSource } from './source.js';
export { type Misfit, parseBytes, parseCount, parseDurationNs, parseShare } from './units.js';
