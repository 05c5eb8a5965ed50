import { PAGE_BYTES, UserError } from '@damonlab/base';
import type { OtherMemory, Topology } from '@damonlab/mm';
import type { Experiment } from './schema.js';
import type { ScenarioSource } from './source.js';

type Entry = NonNullable<Experiment['other_memory']>[number];

/**
 * Memory that is taken before the first process starts.
 * @throws UserError for a node that is not there, a range outside of it, and sizes that are no whole pages or do not fit.
 */
export function resolveOtherMemory(
  { other_memory: wanted }: Experiment,
  topology: Topology,
  source: ScenarioSource,
): { readonly otherMemory?: readonly OtherMemory[] } {
  if (wanted === undefined) return {};
  return {
    otherMemory: wanted.map((entry, i) =>
      resolveOne(entry, topology, (key) => source.place(['other_memory', i, key], ['other_memory', i])),
    ),
  };
}

function resolveOne(entry: Entry, { nodes }: Topology, place: (key: keyof Entry) => string): OtherMemory {
  const node = nodes[entry.node];
  if (node === undefined) {
    throw new UserError('no such node', { where: place('node'), expected: `0 to ${nodes.length - 1}`, actual: String(entry.node) });
  }
  const { start = 0, end = node.memoryBytes, size = end - start, piece = PAGE_BYTES } = entry;
  const keys = { start, end, size, piece } as const;
  for (const key of ['start', 'end', 'size', 'piece'] as const) {
    if (keys[key] % PAGE_BYTES === 0) continue;
    throw new UserError('not in whole pages', { where: place(key), expected: `a multiple of ${PAGE_BYTES}`, actual: String(keys[key]) });
  }
  if (end > node.memoryBytes || start >= end) {
    throw new UserError('no memory of the node', {
      where: place(end > node.memoryBytes ? 'end' : 'start'),
      expected: `start below end, end at most ${node.memoryBytes}`,
      actual: `${start} to ${end}`,
    });
  }
  if (size === 0 || size > end - start) {
    throw new UserError('impossible size', {
      where: place('size'),
      expected: `${PAGE_BYTES} to ${end - start} bytes`,
      actual: String(size),
    });
  }
  if (!isPowerOfTwo(piece / PAGE_BYTES)) {
    throw new UserError('impossible piece', {
      where: place('piece'),
      expected: `${PAGE_BYTES} times a power of two`,
      actual: String(piece),
    });
  }
  return { kind: entry.kind, nid: entry.node, start, end, bytes: size, pieceBytes: piece };
}

function isPowerOfTwo(value: number): boolean {
  return value >= 1 && Number.isInteger(Math.log2(value));
}
