import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { parseScenario, reviveScenario } from './index.js';

const MIB = 1024 * 1024;
const yaml = (others: string, rest = '') =>
  parseScenario(
    [
      'topology: { nodes: [{ cpus: 1, memory: 64 MiB }, { cpus: 1, memory: 32 MiB }] }',
      `processes: [{ workload: { pattern: zipf, size: 48 MiB } }]`,
      `other_memory: ${others}`,
      rest,
    ].join('\n'),
    'lab/test.yaml',
  );

describe('other_memory', () => {
  it('is all of a range, of a node, or so much of it in pieces; and comes back from a manifest', () => {
    const ranges = '{ kind: kernel, node: 0, end: 4 MiB }, { kind: kernel, node: 1, start: 31 MiB }';
    const scenario = yaml(`[${ranges}, { kind: page_cache, node: 1, start: 1 MiB, size: 2 MiB, piece: 64 KiB }]`);
    expect(scenario.machine.otherMemory).toEqual([
      { kind: 'kernel', nid: 0, start: 0, end: 4 * MIB, bytes: 4 * MIB, pieceBytes: 4096 },
      { kind: 'kernel', nid: 1, start: 31 * MIB, end: 32 * MIB, bytes: MIB, pieceBytes: 4096 },
      { kind: 'page_cache', nid: 1, start: MIB, end: 32 * MIB, bytes: 2 * MIB, pieceBytes: 65_536 },
    ]);
    expect(reviveScenario(JSON.parse(JSON.stringify(scenario)), 'manifest')).toEqual(scenario);
  });

  it.each([
    ['a node that is not there', '[{ kind: kernel, node: 2 }]', ['lab/test.yaml:3:', 'no such node', '0 to 1']],
    ['a range behind the node', '[{ kind: kernel, node: 1, end: 33 MiB }]', ['no memory of the node', 'at most 33554432']],
    ['an empty range', '[{ kind: kernel, node: 1, start: 2 MiB, end: 2 MiB }]', ['no memory of the node', '2097152 to 2097152']],
    ['half a page', '[{ kind: kernel, node: 0, size: 2048 }]', ['not in whole pages', 'a multiple of 4096', '2048']],
    ['more than the range', '[{ kind: kernel, node: 0, end: 1 MiB, size: 2 MiB }]', ['impossible size', '4096 to 1048576 bytes']],
    ['an odd piece', '[{ kind: kernel, node: 0, size: 1 MiB, piece: 12 KiB }]', ['impossible piece', 'a power of two', '12288']],
    ['an unknown kind', '[{ kind: kernle, node: 0 }]', ['kernel or page_cache', 'did you mean `kernel`?']],
    [
      'what finds no room',
      '[{ kind: kernel, node: 1, size: 30 MiB }, { kind: page_cache, node: 1, size: 4 MiB }]',
      ['lab/test.yaml:3:', 'other memory finds no room', '2097152 bytes'],
    ],
    [
      'a workload that does not fit any more',
      '[{ kind: kernel, node: 0, size: 60 MiB }]',
      ['more memory than the machine has', 'topology custom without other_memory', '48.00 MiB'],
    ],
  ])('%s is an error with its place', (_, others, parts) => {
    expect(() => yaml(others)).toThrow(UserError);
    for (const part of parts) expect(() => yaml(others)).toThrow(part);
  });

  it('page cache makes room for processes where anything is reclaimed', () => {
    const others = '[{ kind: page_cache, node: 0, size: 60 MiB }]';
    expect(() => yaml(others)).toThrow('more memory than the machine has');
    expect(yaml(others, 'swap: 0').machine.otherMemory).toHaveLength(1);
  });
});
