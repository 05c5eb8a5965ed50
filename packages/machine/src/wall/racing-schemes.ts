import type { SchemeConfig } from '@damonlab/damos';
import { type MachineConfig, monitorsOf } from '../config.js';

/** Actions that move pages while CPUs run: `RacingMemory` takes the claim byte of what it moves. */
const MOVES: readonly string[] = ['migrate_hot', 'migrate_cold'];

/** All schemes of a machine, those that are committed later among them. */
export function schemesOf(config: MachineConfig): SchemeConfig[] {
  return monitorsOf(config).flatMap((monitor) => [monitor, ...monitor.commits].flatMap(({ schemes }) => schemes ?? []));
}

/** Whether entries change when the scheme's action is applied. */
export function changesMappings({ action }: SchemeConfig): boolean {
  return action !== 'stat';
}

/** Whether the scheme is one that there is among CPUs that run. */
export function races({ action, filters }: SchemeConfig): boolean {
  return (action === 'stat' || MOVES.includes(action)) && filters.every(({ type }) => type !== 'active');
}
