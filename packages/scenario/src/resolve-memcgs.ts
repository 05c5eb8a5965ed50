import { PAGE_BYTES, UserError } from '@damonlab/base';
import { isInMemcg, type MemcgLimits } from '@damonlab/mm';
import type { Experiment } from './schema.js';
import type { ScenarioSource } from './source.js';

/**
 * Memory cgroups with limits, in whole pages as the kernel rounds them.
 * @throws UserError for the root, for a path without limits, named twice, or with nobody in it.
 */
export function resolveMemcgs({ memcgs, processes }: Experiment, source: ScenarioSource): readonly MemcgLimits[] | undefined {
  return memcgs?.map(({ path, max, high }, i) => {
    const where = source.place(['memcgs', i, 'path'], ['memcgs', i]);
    if (path === '/' || path.endsWith('/')) {
      const actual = JSON.stringify(path);
      throw new UserError('no cgroup that can have limits', { where, expected: 'a path such as /app: the root has no limits', actual });
    }
    if (max === undefined && high === undefined)
      throw new UserError('a cgroup without limits', { where, expected: '`max`, `high` or both' });
    if (memcgs.findIndex((other) => other.path === path) < i) {
      throw new UserError('two cgroups of one path', { where, expected: 'a path of its own', actual: path });
    }
    const paths = processes.map(({ memcg = '/' }) => memcg);
    if (!paths.some((memcg) => isInMemcg(memcg, path))) {
      throw new UserError('no process is in this cgroup', { where, expected: `one of ${[...new Set(paths)].join(', ')}`, actual: path });
    }
    return {
      path,
      ...(max === undefined ? {} : { maxPages: Math.floor(max / PAGE_BYTES) }),
      ...(high === undefined ? {} : { highPages: Math.floor(high / PAGE_BYTES) }),
    };
  });
}
