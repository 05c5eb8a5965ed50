import { NS_PER_SEC, Prng } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { type Access, interpret } from '../../test/interpreter.js';
import type { SharedPrivateSpec, SweepSpec, SyntheticSpec } from './spec.js';
import { syntheticWorkload } from './workload.js';

const COMMON = { bytes: 4096 * 1000, durationNs: 5_000_000, writeRatio: 1, computePs: 20_000 };

/** Accesses to the data region. */
function run(spec: SyntheticSpec, seed = 1, maxAccesses = Infinity): { data: Access[]; ps: number } {
  const data: Access[] = [];
  const ps = interpret(
    syntheticWorkload('s', spec, 1).program(0, Prng.stream(seed, 't')),
    (access) => {
      if (access.region === 0) data.push(access);
    },
    maxAccesses,
  );
  return { data, ps };
}

function order(accesses: readonly Access[]): string {
  return accesses.map((access) => Math.max(access.page, access.offset)).join();
}

/** How often each page was accessed. */
function histogram(accesses: readonly Access[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { page } of accesses) counts.set(page, (counts.get(page) ?? 0) + 1);
  return counts;
}

describe('all synthetic patterns', () => {
  const specs: readonly Exclude<SyntheticSpec, SweepSpec>[] = [
    { ...COMMON, pattern: 'zipf', theta: 0.99 },
    { ...COMMON, pattern: 'hot_cold', hotRatio: 0.1, hotShare: 0.9, driftNs: 1_000_000 },
    { ...COMMON, pattern: 'pointer_chase' },
    { ...COMMON, pattern: 'sparse', sweepEveryNs: 500, bytes: 8 * 2 ** 20 },
  ];

  it.each(specs)('$pattern: ends in time, stays in the region, is deterministic', (spec) => {
    const { data, ps } = run(spec);
    expect(ps).toBeGreaterThanOrEqual(5e9);
    expect(ps).toBeLessThan(5e9 + 4096 * spec.computePs);
    expect(data.every((access) => Math.max(access.page * 4096, access.offset) < spec.bytes)).toBe(true);
    expect(data.every((access) => access.write === 1)).toBe(true);
    expect(order(run(spec).data) === order(data)).toBe(true);
    // The sweeps of `sparse` have nothing to draw but reads and writes.
    expect(order(run(spec, 2).data) === order(data)).toBe(spec.pattern === 'sparse');
  });

  it.each(specs)('$pattern: writes as often as asked', (spec) => {
    for (const writeRatio of [0, 0.3]) {
      const long = { ...spec, writeRatio, durationNs: 20_000_000 };
      const data = run(long).data.filter((access) => access.phase === 0);
      const share = data.filter((access) => access.write === 1).length / data.length;
      expect(Math.abs(share - writeRatio)).toBeLessThanOrEqual(writeRatio === 0 ? 0 : 0.05);
    }
  });

  it.each(specs)('$pattern: keeps code, clock and stack busy, leaves the heap alone', (spec) => {
    const regions = new Set<number>();
    const program = syntheticWorkload('s', spec, 1).program(0, Prng.stream(1, 't'));
    interpret(program, (access) => void regions.add(access.region));
    expect([...regions].sort()).toEqual([0, 1, 3, 4]);
  });
});

it('memory that is there before the start says where, every part of it', () => {
  const shared = { sharedRatio: 0.5, sharedShare: 0.5, sharedWriteRatio: 1, speeds: [1] };
  for (const pattern of [{ pattern: 'pointer_chase' as const }, { ...shared, pattern: 'shared_private' as const }]) {
    const { regions } = syntheticWorkload('s', { ...COMMON, ...pattern, populateNid: 1 }, 2);
    const data = regions.filter(({ role }) => role === 'data');
    expect(data.map(({ bytes, populate }) => [bytes / 4096, populate])).toEqual(
      pattern.pattern === 'pointer_chase'
        ? [[1000, { nid: 1, first: 0, pages: 1000 }]]
        : [500, 250, 250].map((pages) => [pages, { nid: 1, first: 0, pages }]),
    );
    expect(regions.filter(({ role }) => role === 'thread_stack').map(({ populate }) => populate?.nid)).toEqual([1, 1]);
  }
});

describe('zipf', () => {
  it('has the same hottest pages in every thread, scattered over the region', () => {
    const hottest = (seed: number): number[] => {
      const counts = histogram(run({ ...COMMON, pattern: 'zipf', theta: 1.2 }, seed, 400_000).data);
      return [...counts]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 4)
        .map(([page]) => page);
    };
    expect(hottest(2)).toEqual(hottest(1));
    expect(Math.max(...hottest(1)) - Math.min(...hottest(1))).toBeGreaterThan(10);
  });
});

describe('hot_cold', () => {
  const spec = { ...COMMON, pattern: 'hot_cold', hotRatio: 0.3, hotShare: 0.9, driftNs: 1_000_000 } as const;

  it('gives the hot range its share, and moves it on by its own size, around the end', () => {
    const { data } = run(spec);
    for (let drift = 0; drift < 5; drift++) {
      // One batch may straddle the drift.
      const begin = drift * 1e9 + 2e7;
      const during = data.filter((access) => access.atPs >= begin && access.atPs < (drift + 1) * 1e9);
      const hotStart = (drift * 300) % 1000;
      const hot = during.filter((access) => (access.page - hotStart + 1000) % 1000 < 300);
      expect(Math.abs(hot.length / during.length - 0.9)).toBeLessThan(0.005);
    }
  });

  it('stays where it is without drift', () => {
    const { data } = run({ ...spec, driftNs: 0 });
    expect(Math.abs(data.filter((access) => access.page < 300).length / data.length - 0.9)).toBeLessThan(0.005);
  });
});

describe('shared_private', () => {
  const spec: SharedPrivateSpec = {
    ...COMMON,
    pattern: 'shared_private',
    durationNs: 40_000_000,
    sharedRatio: 0.2,
    sharedShare: 0.6,
    writeRatio: 0.1,
    sharedWriteRatio: 0.8,
    speeds: [2, 1],
  };
  const accessesOf = (change: Partial<SharedPrivateSpec>, thread: number): Access[] => {
    const accesses: Access[] = [];
    const program = syntheticWorkload('s', { ...spec, ...change }, 4).program(thread, Prng.stream(1, `t${thread}`));
    interpret(program, (access) => void accesses.push(access));
    return accesses.filter(({ region }) => region < 5);
  };

  it('gives each part its share, its writes and its pages, alike', () => {
    const all = accessesOf({}, 3);
    for (const [region, share, writes, pages] of [
      [0, 0.6, 0.8, 200],
      [4, 0.4, 0.1, 200],
    ] as const) {
      const part = all.filter((access) => access.region === region);
      expect(Math.abs(part.length / all.length - share), `share of ${region}`).toBeLessThan(0.05);
      expect(Math.abs(part.filter(({ write }) => write === 1).length / part.length - writes), `writes of ${region}`).toBeLessThan(0.05);
      const counts = histogram(part);
      expect(counts.size).toBe(pages);
      const expected = part.length / pages;
      expect(Math.max(...counts.values())).toBeLessThan(1.3 * expected);
      expect(Math.min(...counts.values())).toBeGreaterThan(0.7 * expected);
    }
    expect(all.every(({ region }) => region === 0 || region === 4)).toBe(true);
  });

  it('reaches all pages of a part that is larger than a batch', () => {
    const counts = histogram(accessesOf({ bytes: 4096 * 8000, sharedRatio: 1, sharedShare: 1, durationNs: 3_000_000 }, 0));
    expect(counts.size).toBe(8000);
  });

  it('a thread that is twice as fast makes twice as many accesses', () => {
    const [fast, slow, fastToo] = [0, 1, 2].map((thread) => accessesOf({ durationNs: 5_000_000 }, thread).length);
    expect(Math.abs(fast / slow - 2)).toBeLessThan(0.01);
    expect(fastToo).toBe(fast);
  });

  it('threads go through the shared part in orders of their own', () => {
    const first = (thread: number) =>
      accessesOf({ sharedShare: 1, durationNs: 500_000 }, thread)
        .slice(0, 50)
        .map(({ page }) => page);
    expect(first(0)).not.toEqual(first(1));
  });
});

describe('pointer_chase', () => {
  it('visits every page once in each round, in the same order', () => {
    const nrPages = 777;
    const pages = run({ ...COMMON, pattern: 'pointer_chase', bytes: 4096 * nrPages - 100 }).data.map((access) => access.page);
    const first = pages.slice(0, nrPages);
    expect(new Set(first).size).toBe(nrPages);
    expect(pages.every((page, i) => page === first[i % nrPages])).toBe(true);
    expect(first.slice(0, 5)).not.toEqual([0, 1, 2, 3, 4]);
  });
});

describe('sparse', () => {
  const spec = { ...COMMON, pattern: 'sparse', sweepEveryNs: 500_000, bytes: 64 * 2 ** 20 + 5 * 4096, durationNs: NS_PER_SEC } as const;
  const { data } = run(spec, 1, 60_000);
  const first = data.filter((access) => access.phase === -1);
  const sweeps = data.filter((access) => access.phase === 0);

  it('touches every page once before it sweeps', () => {
    const touched = first.map((access) => access.offset / 4096).sort((a, b) => a - b);
    expect(touched).toEqual(Array.from({ length: 64 * 256 + 5 }, (_, page) => page));
    expect(first.at(-1)?.atPs).toBeLessThan(sweeps[0]?.atPs as number);
  });

  it('sweeps one page of each 2 MiB, at slots that differ, the same for all threads', () => {
    const pages = sweeps.slice(0, 32).map((access) => access.page);
    expect(pages.map((page) => Math.floor(page / 512))).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect(new Set(pages.map((page) => page % 512)).size).toBeGreaterThan(25);
    expect(sweeps.every((access, i) => access.page === pages[i % 32])).toBe(true);
    expect(
      run(spec, 2, 20_000)
        .data.filter((access) => access.phase === 0)
        .slice(0, 32)
        .map((access) => access.page),
    ).toEqual(pages);
  });

  it('starts a sweep a pause after the end of the last one', () => {
    const [start, next] = [sweeps[0]?.atPs as number, sweeps[32]?.atPs as number];
    expect(next - start).toBe(32 * spec.computePs + 500_000_000);
  });
});
