import type { SchemeConfig } from '@damonlab/damos';
import { type MachineConfig, monitorsOf } from '../config.js';

/** Actions that move pages while CPUs run: `RacingMemory` takes the claim byte of what it moves. */
const MOVES: readonly string[] = ['stat', 'migrate_hot', 'migrate_cold'];
/** Actions that go by the LRU lists, or change them. */
const LISTS: readonly string[] = ['pageout', 'cold', 'lru_prio', 'lru_deprio'];

/** All schemes of a machine, those that are committed later among them. */
export function schemesOf(config: MachineConfig): SchemeConfig[] {
  return monitorsOf(config).flatMap((monitor) => [monitor, ...monitor.commits].flatMap(({ schemes }) => schemes ?? []));
}

/** Whether entries change when the scheme's action is applied. */
export function changesMappings({ action }: SchemeConfig): boolean {
  return action !== 'stat';
}

/** Whether the scheme is one that there is among CPUs that run. */
export function races({ action }: SchemeConfig): boolean {
  return MOVES.includes(action) || LISTS.includes(action);
}

/** Whether somebody wants LRU lists or reclaim. The coordinator has them, so it must know of every page that is mapped. */
export function needsLists(config: MachineConfig): boolean {
  const asks = ({ action, filters }: SchemeConfig) => LISTS.includes(action) || filters.some(({ type }) => type === 'active');
  return config.memory?.swap !== undefined || schemesOf(config).some(asks);
}
