import type { Topology } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import { placeThreads } from './place-threads.js';

/** CPUs 0 to 2 on node 0, none on node 1, 3 and 4 on node 2. */
const topology = { nodes: [{ cpus: 3 }, { cpus: 0 }, { cpus: 2 }] } as unknown as Topology;

describe('placement of threads', () => {
  it.each([
    ['packed', 7, [], [0, 1, 2, 3, 4, 0, 1]],
    ['spread', 7, [], [0, 3, 1, 4, 2, 0, 3]],
    ['trace', 3, [4, 0, 4], [4, 0, 4]],
    // CPUs that this machine does not have: the traced ones in their order, around its end.
    ['trace', 4, [96, 8, 96, 40], [2, 0, 2, 1]],
    ['trace', 7, [10, 11, 12, 13, 14, 15, 16], [0, 1, 2, 3, 4, 0, 1]],
  ] as const)('%s, %i threads', (placement, threads, traced, cpus) => {
    expect(placeThreads(placement, threads, topology, traced)).toEqual(cpus);
  });
});
