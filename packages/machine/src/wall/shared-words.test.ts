import { RegionList } from '@damonlab/damon';
import { allocateImage, Mark, openImage, Pte } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import { AuditedPrimitive, CheckReader } from './accessed-audit.js';
import { WallClock } from './clock.js';
import { allocateWall, openWall, RACES, type RaceCounts, SHOOTDOWN_LOG, WallState } from './layout.js';
import { ShootdownLog, ShootdownReader } from './shootdown-log.js';

const channel = {
  nrCpus: 2,
  epochMaxNs: 1e6,
  faultNs: 100,
  nrThreads: 2,
  threadWords: 0,
  nrRegionCounters: 0,
  latencies: false,
  traffic: false,
};
const sizes = { image: { nrPtes: 1024, nrFrames: 1024 }, channel, nrNodes: 1, nrSpaces: 1 };
const words = () => openWall(allocateWall(sizes), sizes);

describe('the log of shootdowns', () => {
  const readAll = (reader: ShootdownReader) => {
    const ranges: number[][] = [];
    const all = reader.read((first, end) => ranges.push([first, end]));
    return { all, ranges };
  };

  it('is read by each CPU at its own pace, in order, once', () => {
    const views = words();
    const log = new ShootdownLog(views);
    const [fast, slow] = [new ShootdownReader(views), new ShootdownReader(views)];
    log.drop(1, 2);
    expect(readAll(fast)).toEqual({ all: true, ranges: [[1, 2]] });
    log.drop(5, 9);
    expect(readAll(fast)).toEqual({ all: true, ranges: [[5, 9]] });
    expect(readAll(fast)).toEqual({ all: true, ranges: [] });
    const both = [
      [1, 2],
      [5, 9],
    ];
    expect(readAll(slow)).toEqual({ all: true, ranges: both });
    expect([fast.last, slow.last]).toEqual([2, 2]);
  });

  it('a CPU that the log has overrun is told to drop all, and goes on from there', () => {
    const views = words();
    const log = new ShootdownLog(views);
    const reader = new ShootdownReader(views);
    for (let i = 0; i <= SHOOTDOWN_LOG; i++) log.drop(i % 1000, (i % 1000) + 1);
    expect(readAll(reader).all).toBe(false);
    log.drop(7, 8);
    expect(readAll(reader)).toEqual({ all: true, ranges: [[7, 8]] });
  });

  it('a number that is drawn and not published yet is waited for', () => {
    const views = words();
    const reader = new ShootdownReader(views);
    Atomics.add(views.shootdownHead, 0, 1);
    new ShootdownLog(views).drop(3, 4);
    expect(readAll(reader)).toEqual({ all: true, ranges: [] });
    expect(reader.last).toBe(0);
  });
});

describe('the audit of Accessed bits', () => {
  const setUp = () => {
    const views = words();
    const image = openImage(allocateImage(sizes.image), sizes.image);
    image.pteFlags.fill(Pte.present, 0, 10);
    const counts = Object.fromEntries(RACES.map((race) => [race, 0])) as RaceCounts;
    const regions = new RegionList();
    for (let i = 0; i < 3; i++) regions.append(i * 4096, (i + 1) * 4096);
    // The page of region 1 was accessed, the others were not.
    const inner = {
      work: { mapped: 0, hole: 0, armed: 0 },
      prepare: () => {},
      check: (_target: number, list: RegionList) => {
        list.nrAccesses[1]++;
      },
    };
    const audited = new AuditedPrimitive(inner, image, views);
    const wake = (checked: number[], cleared: number[], nowNs: number) => {
      audited.check(0, regions, Int32Array.from(checked));
      audited.prepare(0, regions, Int32Array.from(cleared));
      audited.publish(nowNs);
    };
    return { image, counts, wake, reader: new CheckReader(views, image, counts) };
  };
  const accessed = (marks: Uint8Array, pte: number) => {
    marks[4 * pte + Mark.accessed] = 1;
  };

  it('what a CPU marks before it has come to the time of the check was lost or late', () => {
    const { image, counts, wake, reader } = setUp();
    wake([1, 2, 3], [4, 5, -1], 1_000);
    expect(reader.pending(500, 2_000)).toBe(1_000);
    // 1 and 3 were found idle, 2 was seen; 4 was cleared.
    for (const pte of [1, 2, 4]) accessed(image.marks8, pte);
    reader.count();
    expect(counts).toMatchObject({ lost_accessed: 1, late_accessed: 1, missed_checks: 0 });
    expect(reader.pending(500, 2_000)).toBe(-1);
  });

  it('a CPU that is past the check, or not there yet, has nothing to tell; one that comes too late says so', () => {
    const { counts, wake, reader } = setUp();
    wake([1, 2, 3], [4, 5, 6], 1_000);
    expect(reader.pending(100, 900)).toBe(-1);
    expect(reader.pending(1_000, 2_000)).toBe(-1);
    wake([1, 2, 3], [4, 5, 6], 2_000);
    wake([1, 2, 3], [4, 5, 6], 3_000);
    expect(reader.pending(1_500, 3_500)).toBe(3_000);
    expect(counts.missed_checks).toBe(1);
  });
});

describe('the clock', () => {
  it('stands still while it is paused, and goes on as if nothing had been', () => {
    const clock = new WallClock(words());
    expect(clock.state).toBe(WallState.waiting);
    clock.start();
    clock.pause();
    const stands = clock.nowNs();
    const untilMs = performance.now() + 20;
    while (performance.now() < untilMs);
    expect(clock.nowNs()).toBe(stands);
    clock.resume();
    expect(clock.nowNs()).toBeGreaterThanOrEqual(stands);
    expect(clock.nowNs() - stands).toBeLessThan(15e6);
    clock.end();
    clock.pause();
    expect(clock.state).toBe(WallState.ended);
  });
});
