/**
 * Every action by its sysfs keyword, in the kernel's order.
 * @kernel include/linux/damon.h enum damos_action (7.3; 6.12 without collapse)
 */
export const DAMOS_ACTIONS = [
  'willneed',
  'cold',
  'pageout',
  'hugepage',
  'nohugepage',
  'collapse',
  'lru_prio',
  'lru_deprio',
  'migrate_hot',
  'migrate_cold',
  'stat',
] as const;

export type DamosAction = (typeof DAMOS_ACTIONS)[number];

/** Which regions a quota gives to the action first: hot ones, cold ones, or any. */
export type ActionPriority = 'hot' | 'cold' | 'any';

/** The actions that an address space knows, each with its priority. Others are tried on it and apply nothing. */
export type SpaceActions = Readonly<Partial<Record<DamosAction, ActionPriority>>>;
