import { UserError } from '@damonlab/base';
import type { Run } from '@damonlab/record';

export const ATTRIBUTION_KEYS = ['cpu', 'thread', 'node', 'rw'] as const;
/** By what accesses are told apart. */
export type AttributionBy = (typeof ATTRIBUTION_KEYS)[number];

/** Number of the CPU, thread or node, or the kind of access. */
export type AttributionKey = number | 'read' | 'write';

interface Who {
  readonly cpu: number;
  readonly tid: number;
  readonly isWrite: boolean;
}

/** Tells the key of an access. UserError: by node, and the run does not know its topology. */
export function keyOf(run: Run, by: AttributionBy): (who: Who) => AttributionKey {
  switch (by) {
    case 'cpu':
      return ({ cpu }) => cpu;
    case 'thread':
      return ({ tid }) => tid;
    case 'rw':
      return ({ isWrite }) => (isWrite ? 'write' : 'read');
    case 'node': {
      const nodes = nodeOfCpus(run);
      return ({ cpu }) => nodes[cpu];
    }
  }
}

/** For text and pictures: `cpu 3`, `thread 3`, `node 0`, `write`. */
export function keyName(by: AttributionBy, key: AttributionKey): string {
  return by === 'rw' ? String(key) : `${by} ${key}`;
}

export function compareKeys(a: AttributionKey, b: AttributionKey): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : Number(a !== b);
}

/** Whether the manifest says which CPU is on which node. */
export function hasTopology(run: Run): boolean {
  return Array.isArray(at(run.manifest?.scenario, ['machine', 'topology', 'nodes']));
}

/** The node of each CPU, from the topology in the manifest: CPUs are numbered node by node. */
export function nodeOfCpus(run: Run): number[] {
  const nodes = at(run.manifest?.scenario, ['machine', 'topology', 'nodes']);
  if (!Array.isArray(nodes)) {
    throw new UserError('the run does not say which CPU is on which node', {
      where: run.path,
      expected: 'a manifest with the topology of the machine',
      hint: 'ask by cpu, thread or rw',
    });
  }
  return nodes.flatMap((node, nid) => new Array<number>(Number(at(node, ['cpus']) ?? 0)).fill(nid));
}

/** Whether physical memory is watched: all processes are one target, and only the truth has virtual addresses. */
export function isPhysical(run: Run): boolean {
  return at(run.manifest?.scenario, ['machine', 'monitor', 'ops']) === 'paddr';
}

/** What nested plain data has under `keys`; undefined where that leads nowhere. */
export function at(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce(
    (inner, key) => (typeof inner === 'object' && inner !== null ? new Map(Object.entries(inner)).get(key) : undefined),
    value,
  );
}
