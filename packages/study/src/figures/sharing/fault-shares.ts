import type { Run } from '@damonlab/record';
import { faults } from '@damonlab/report';
import type { Figures } from '../../study.js';

/** Users of hinting faults, and how their figures are called. */
const USERS = [
  ['damon', 'damon'],
  ['numa_balancing', 'numab'],
] as const;

/** What became of the arms and faults of each user, %. Null for a user that this run does not have, or that got nothing. */
export function faultShareFigures(run: Run): Figures {
  const { users } = faults(run);
  return Object.fromEntries(
    USERS.flatMap(([name, figure]) => {
      const user = users.find((one) => one.user === name);
      const share = (part: number | undefined, all: number | undefined) => (part === undefined || !all ? null : (100 * part) / all);
      const own = user && user.delivered - user.misattributed + user.lost_faults;
      return [
        [`${figure}_misattributed`, share(user?.misattributed, user?.delivered)],
        [`${figure}_stray`, share(user?.stray, user?.delivered)],
        [`${figure}_lost_faults`, share(user?.lost_faults, own)],
        [`${figure}_lost_arms`, share(user?.lost_arms, user && user.armed + user.lost_arms)],
      ] as const;
    }),
  );
}
