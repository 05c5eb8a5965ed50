import { describe, expect, it } from 'vitest';
import { InterleaveTuner, sysfsWeights } from './interleave-tuner.js';

/** The fast node's bandwidth at each adjustment, and what the tuner answers. */
function answers(cutoff: number, bandwidths: readonly number[]): number[] {
  const tuner = new InterleaveTuner({ cutoff });
  return bandwidths.map((bandwidth) => {
    tuner.sample(bandwidth);
    return tuner.adjust();
  });
}

describe('InterleaveTuner', () => {
  it('leaves all pages on a node that is not saturated', () => {
    expect(answers(80, [75, 75, 75, 0])).toEqual([100, 100, 100, 100]);
  });

  it('goes on while throughput rises, faster after three good steps, and turns round by half a step when it falls', () => {
    // Bandwidth by share: 1, 1.06, 1.12, 1.2, 1.2 (not better), 1.3.
    expect(answers(10, [100, 95, 90, 84, 72])).toEqual([90, 80, 70, 60, 65]);
  });

  it('gives pages back as soon as the fast node is below the cutoff, by half of the step that it went away with', () => {
    expect(answers(80, [100, 95, 40, 45, 50])).toEqual([90, 80, 85, 90, 95]);
  });

  it('steps are two points at least', () => {
    // Worse each time: 10, then -5, 2.5 and so on.
    const local = answers(10, [100, 50, 40, 30, 20, 15]);
    expect(local).toEqual([90, 95, 93, 95, 93, 95]);
  });

  it('counts the samples at the 80th percentile: a pause of the programs is no change', () => {
    const tuner = new InterleaveTuner({ cutoff: 80 });
    for (const bandwidth of [0, 90, 91, 92, 93]) tuner.sample(bandwidth);
    expect(tuner.adjust()).toBe(90);
    expect(tuner.adjust(), 'nothing was sampled').toBe(90);
  });

  /** Whatever the optimum is, it ends near it. `throughput` of a machine whose nodes are full at one ratio. */
  it.each([95, 85, 73, 55])('climbs to %i %% on the fast node', (best) => {
    const tuner = new InterleaveTuner({ cutoff: 1 });
    let local = 100;
    const seen: number[] = [];
    for (let i = 0; i < 60; i++) {
      const throughput = Math.min(100 / local, 100 / best, (100 / best) * ((100 - best) / Math.max(1, 100 - local)));
      tuner.sample(local * throughput);
      local = tuner.adjust();
      if (i >= 30) seen.push(local);
    }
    expect(Math.abs(seen.reduce((sum, value) => sum + value, 0) / seen.length - best)).toBeLessThan(6);
  });
});

it('sysfs takes no weight of 0', () => {
  expect([100, 73, 0].map(sysfsWeights)).toEqual([
    [255, 1],
    [73, 27],
    [1, 255],
  ]);
});
