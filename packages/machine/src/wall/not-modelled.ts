import { UserError } from '@damonlab/base';
import { type MachineConfig, monitorsOf } from '../config.js';

/** What there is in virtual time only, by the key that asks for it, and why. */
const NOT_MODELLED: readonly { key: string; why: string; asked: (config: MachineConfig) => boolean }[] = [
  { key: 'latency_every', why: 'latencies are simulated', asked: ({ latencyEvery }) => latencyEvery !== undefined },
  { key: 'topology.bandwidth_GBps', why: 'loads are simulated', asked: ({ topology }) => topology.bandwidthGBps !== undefined },
  { key: 'thp', why: 'only never and always are safe among threads that race', asked: ({ thp }) => thp === 'madvise' },
  { key: 'mempolicy', why: 'pages are placed by the thread that touches them first', asked: hasMempolicy },
  { key: 'schemes or swap', why: 'LRU lists have one writer', asked: ({ memory }) => memory !== undefined },
  { key: 'schemes', why: 'of actions only stat leaves memory as it is', asked: actsOnMemory },
];

function hasMempolicy({ processes }: MachineConfig): boolean {
  return processes.some(({ mempolicy }) => mempolicy !== undefined);
}

function actsOnMemory(config: MachineConfig): boolean {
  return monitorsOf(config).some(({ schemes = [], commits }) =>
    [...schemes, ...commits.flatMap((commit) => commit.schemes ?? [])].some(({ action }) => action !== 'stat'),
  );
}

/** @throws UserError that names what the scenario asks for and wall time does not have. */
export function checkWallConfig(config: MachineConfig): void {
  const missing = NOT_MODELLED.find(({ asked }) => asked(config));
  if (missing === undefined) return;
  throw new UserError(`${missing.why}: in virtual time only`, {
    where: `${missing.key} with --clock wall`,
    expected: 'left out',
    hint: 'run it with --clock virtual',
  });
}
