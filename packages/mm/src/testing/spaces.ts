import { PAGE_BYTES, Prng } from '@damonlab/base';
import { type AddressSpace, buildAddressSpace, type RegionRequest } from '../address-space.js';
import { allocateImage, type MemoryImage, openImage } from '../image.js';
import type { Topology } from '../topology.js';

/** What a process usually asks for, with `data` regions of so many pages. */
export function requests(data: readonly number[], headerBytes = 0): RegionRequest[] {
  const rest = [
    { name: 'text', role: 'text', bytes: 180 * PAGE_BYTES, headerBytes: 0 },
    { name: 'heap', role: 'heap', bytes: 34 * PAGE_BYTES, headerBytes: 0 },
    { name: 'stack', role: 'stack', bytes: 33 * PAGE_BYTES, headerBytes: 0 },
    { name: 'vdso', role: 'vdso', bytes: 6 * PAGE_BYTES, headerBytes: 0 },
  ] as const;
  const regions = data.map((pages, i) => ({ name: `d${i}`, role: 'data' as const, bytes: pages * PAGE_BYTES - headerBytes, headerBytes }));
  return [...rest, ...regions];
}

export function layOut(seed: number, data: readonly number[], firstPte = 0, headerBytes = 0): AddressSpace {
  return buildAddressSpace(0, requests(data, headerBytes), firstPte, Prng.stream(seed, 'layout'));
}

/** A machine whose nodes have so many pages each, one CPU per node, distances that grow with the difference of node numbers. */
export function topologyOf(...pages: number[]): Topology {
  const matrix = (near: number, step: number) => pages.map((_, i) => pages.map((__, j) => near + step * Math.abs(i - j)));
  return {
    name: 'test',
    nodes: pages.map((count) => ({ cpus: 1, memoryBytes: count * PAGE_BYTES })),
    distance: matrix(10, 10),
    latencyNs: matrix(3, 2),
  };
}

export function imageFor(space: AddressSpace, topology: Topology): MemoryImage {
  const nrFrames = topology.nodes.reduce((sum, node) => sum + node.memoryBytes / PAGE_BYTES, 0);
  const sizes = { nrPtes: space.endPte, nrFrames };
  return openImage(allocateImage(sizes), sizes);
}
