export { type Exploration, explore, type Model, type Next, type Step } from './explore.js';
export { FAULT_PROTOCOL_MUTATIONS, type FaultProtocolMutation, faultProtocol } from './fault-protocol.js';
export { freePort, hasRedis, RedisServer } from './redis-server.js';
export { sameShape } from './same-shape.js';
export { seeds } from './seeds.js';
export { type SortedRangesOptions, sortedRanges } from './sorted-ranges.js';
export { type CliResult, type SpawnCliOptions, spawnCli } from './spawn-cli.js';
export { withTempDir } from './temp-dir.js';
