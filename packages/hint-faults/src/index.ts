export {
  type HandoverCost,
  type HintFault,
  type HintFaultCounters,
  HintFaults,
  type HintFaultUser,
  type Shootdown,
} from './hint-faults.js';
export { exclusive, parseStrategy, SHARING_STRATEGIES, type SharingStrategy } from './strategy.js';
