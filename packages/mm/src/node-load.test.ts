import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NodeLoad, slowdownAt } from './node-load.js';

describe('loaded latency', () => {
  it('never falls with utilisation, from 1 to 16', () => {
    const utilisation = fc.double({ min: 0, max: 5, noNaN: true });
    fc.assert(
      fc.property(utilisation, utilisation, (a, b) => {
        const [low, high] = [slowdownAt(Math.min(a, b)), slowdownAt(Math.max(a, b))];
        expect(low).toBeGreaterThanOrEqual(1);
        expect(high).toBeGreaterThanOrEqual(low);
        expect(high).toBeLessThanOrEqual(16);
      }),
    );
  });

  it('follows the declared points', () => {
    expect([0, 0.5, 0.75, 0.9, 1].map(slowdownAt)).toEqual([1, 1.1, 1.35, 2, 4]);
  });
});

describe('a node under CPUs that do nothing but access it', () => {
  /** Bytes per ns that CPUs move which would move `demand` without load, once it has settled. */
  function throughput(peak: number, demand: number, computeShare: number, epochNs: number): number {
    const node = new NodeLoad(peak);
    let moved = 0;
    for (let ns = 0; ns < 2_000_000_000; ns += epochNs) {
      moved = demand / (computeShare + (1 - computeShare) * node.slowdown);
      node.moved(moved * epochNs, epochNs);
    }
    return moved;
  }

  it('gives what is asked for as long as it can, and never more than its peak', () => {
    const demand = fc.double({ min: 0.1, max: 5, noNaN: true });
    const share = fc.double({ min: 0, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(demand, share, fc.constantFrom(200_000, 1_000_000, 10_000_000), (times, compute, epochNs) => {
        const got = throughput(70, 70 * times, compute, epochNs);
        expect(got).toBeLessThanOrEqual(70 * 1.2);
        if (times <= 0.5) expect(got).toBeGreaterThan(0.9 * 70 * times);
      }),
    );
  });
});
