import { UserError } from '@damonlab/base';

/**
 * How several users share prot_none faults. The PTE itself tells only that it is armed, never for whom.
 *
 * - `share_all`: all users at once, nobody owns anything: a fault goes to every user, whoever armed the page.
 * - `build_exclusive`: one user exists, for good.
 * - `runtime_full`: one owner at a time; who leaves walks and removes its own arms first.
 * - `runtime_half`: one owner at a time; arms stay behind, and the next owner takes their faults for its own.
 * - `tagged`: all at once; each arm carries its users, and a fault goes to exactly those.
 */
export const SHARING_STRATEGIES = ['share_all', 'build_exclusive', 'runtime_full', 'runtime_half', 'tagged'] as const;
export type SharingStrategy = (typeof SHARING_STRATEGIES)[number];

/** Whether a strategy knows one owner at a time. */
export function exclusive(strategy: SharingStrategy): boolean {
  return strategy !== 'share_all' && strategy !== 'tagged';
}

/** Check a strategy's name. @throws UserError with what there is. */
export function parseStrategy(text: string, where: string): SharingStrategy {
  const known = SHARING_STRATEGIES.find((strategy) => strategy === text);
  if (known === undefined)
    throw new UserError('unknown sharing strategy', { where, expected: SHARING_STRATEGIES.join(', '), actual: text });
  return known;
}
