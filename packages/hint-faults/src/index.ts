export {
  type HandoverCost,
  type HintFault,
  type HintFaultCounters,
  type HintFaultState,
  HintFaults,
  type HintFaultUser,
  type Shootdown,
} from './hint-faults.js';
export { HINT_FAULT_COUNTERS, RacingHintFaults, type RacingHintFaultsParts } from './racing-hint-faults.js';
export { exclusive, parseStrategy, SHARING_STRATEGIES, type SharingStrategy } from './strategy.js';
