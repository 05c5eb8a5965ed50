import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { topologyOf } from './testing/spaces.js';
import { checkTopology, cpuToNode, nrCpus, type Topology } from './topology.js';

const good = topologyOf(4, 4);
const nodes = (...list: Topology['nodes']): Topology => ({ ...topologyOf(...list.map(() => 1)), nodes: list });

describe('checkTopology', () => {
  it('takes machines that can be, memory without CPUs and CPUs without memory among them', () => {
    const parts = nodes({ cpus: 8, memoryBytes: 0 }, { cpus: 0, memoryBytes: 4096 });
    for (const topology of [good, parts, topologyOf(1), topologyOf(1, 2, 3, 4, 5, 6, 7, 8)]) {
      expect(() => checkTopology(topology)).not.toThrow();
    }
  });

  const row = [10, 20];
  it.each<[string, Topology, RegExp]>([
    ['no nodes', nodes(), /topology\.nodes: impossible number of nodes\n.*1 to 8 nodes\n.*0/],
    ['nine nodes', topologyOf(1, 1, 1, 1, 1, 1, 1, 1, 1), /topology\.nodes: impossible number of nodes/],
    ['no CPUs', nodes({ cpus: 0, memoryBytes: 4096 }), /a machine without CPUs/],
    ['no memory', nodes({ cpus: 1, memoryBytes: 0 }), /a machine without memory/],
    [
      'an empty node',
      nodes({ cpus: 1, memoryBytes: 4096 }, { cpus: 0, memoryBytes: 0 }),
      /topology\.nodes\[1\]: a node without CPUs and without/,
    ],
    ['half a CPU', nodes({ cpus: 0.5, memoryBytes: 4096 }), /topology\.nodes\[0\]\.cpus: impossible number of CPUs/],
    ['-1 CPUs', nodes({ cpus: -1, memoryBytes: 4096 }), /nodes\[0\]\.cpus/],
    ['1025 CPUs', nodes({ cpus: 1025, memoryBytes: 4096 }), /0 to 1024\n.*1025/],
    ['half a page', nodes({ cpus: 1, memoryBytes: 2048 }), /topology\.nodes\[0\]\.memory: impossible memory size/],
    ['less than no memory', nodes({ cpus: 1, memoryBytes: -4096 }), /nodes\[0\]\.memory/],
    ['memory that is no number', nodes({ cpus: 1, memoryBytes: Number.NaN }), /nodes\[0\]\.memory/],
    ['a matrix of one row', { ...good, distance: [row] }, /topology\.distance: matrix of the wrong shape/],
    ['a short row', { ...good, latencyNs: [row, [20]] }, /topology\.latency_ns: matrix of the wrong shape\n.*\n.*2 rows of 2, 1/],
    ['a distance below 10', { ...good, distance: [row, [9, 10]] }, /topology\.distance\[1\]\[0\]: impossible value.*\n.*≥ 10\n.*9/],
    ['a latency below 0', { ...good, latencyNs: [row, [0, -1]] }, /topology\.latency_ns\[1\]\[1\]/],
    ['a latency without end', { ...good, latencyNs: [row, [0, Number.POSITIVE_INFINITY]] }, /latency_ns\[1\]\[1\]/],
    ['a distance that is no number', { ...good, distance: [row, [Number.NaN, 10]] }, /distance\[1\]\[0\]/],
  ])('refuses %s', (_, topology, message) => {
    expect(() => checkTopology(topology)).toThrow(UserError);
    expect(() => checkTopology(topology)).toThrow(message);
  });

  it('names the place that it is given', () => {
    expect(() => checkTopology(nodes(), 'run.yaml: topology')).toThrow(/^run\.yaml: topology\.nodes/);
  });
});

describe('cpuToNode', () => {
  it('numbers CPUs node by node', () => {
    const topology = nodes({ cpus: 2, memoryBytes: 0 }, { cpus: 0, memoryBytes: 4096 }, { cpus: 3, memoryBytes: 0 });
    expect(nrCpus(topology)).toBe(5);
    expect([0, 1, 2, 3, 4].map((cpu) => cpuToNode(topology, cpu))).toEqual([0, 0, 2, 2, 2]);
    expect(() => cpuToNode(topology, 5)).toThrow(/no such CPU\n.*0 to 4\n.*5/);
  });
});
