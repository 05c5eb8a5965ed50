import fs from 'node:fs';
import path from 'node:path';
import { RunError, UserError } from '@damonlab/base';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { COUNTERS, DESCRIPTION, recordedRun, stairsSnapshot, temporaryDir, truthOf } from '../test/events.js';
import { hashRows } from './hash-rows.js';
import { hashRun } from './hash-run.js';
import { openRun, recoverRun } from './open-run.js';
import { RunWriter } from './run-writer.js';
import { nrKdamonds, seenBy } from './seen-by.js';

const newDir = () => path.join(temporaryDir(), 'runs', 'stairs-1');
const summarise = (run: { snapshots: readonly unknown[] }) => ({ n_snap: run.snapshots.length });

afterEach(() => vi.restoreAllMocks());

describe('a finished run', () => {
  it('has the files of the format and no other', async () => {
    const writer = recordedRun(newDir(), 4);
    await writer.finish(COUNTERS, summarise);
    expect(fs.readdirSync(writer.dir).sort()).toEqual([
      'counters.json',
      'counters.parquet',
      'damon.data',
      'host.json',
      'manifest.json',
      'phases.json',
      'regions.parquet',
      'summary.json',
      'truth.parquet',
    ]);
    expect(JSON.parse(fs.readFileSync(path.join(writer.dir, 'summary.json'), 'utf8'))).toEqual({ n_snap: 4 });
  });

  it('gives back every row', async () => {
    const writer = recordedRun(newDir(), 6, 2);
    await writer.finish(COUNTERS, summarise);
    const run = await openRun(writer.dir);
    const snapshots = [0, 1, 2, 3, 4, 5].flatMap((index) => [stairsSnapshot(index, 0), stairsSnapshot(index, 1)]);
    expect(run.snapshots).toEqual(snapshots);
    expect(run.truth).toEqual(snapshots.map(truthOf));
    expect(run.targets).toEqual([0, 1]);
    expect(run.cpuCounters[2]).toMatchObject({ accesses: 1001, contextSwitches: 2, busyNs: 99_000_000 });
    expect(run.phases).toHaveLength(1);
    expect(run.counters).toEqual(COUNTERS);
    expect(run).toMatchObject({ state: 'complete', reason: null, name: 'stairs' });
  });

  it('keeps windows without regions or touched pages', async () => {
    const writer = RunWriter.create({ dir: newDir(), manifest: DESCRIPTION, host: {} });
    const empty = { start: new Float64Array(0), end: new Float64Array(0) };
    const window = { targetId: 3, startNs: 0, endNs: 100_000_000, ...empty };
    const snapshot = { ...window, sampleUs: 5000, aggrUs: 100_000, nrAccesses: new Uint32Array(0), age: new Uint32Array(0) };
    writer.truth(window);
    writer.snapshot(snapshot);
    await writer.finish({}, summarise);
    const run = await openRun(writer.dir);
    expect(run.snapshots).toEqual([snapshot]);
    expect(run.truth).toEqual([window]);
  });

  it('may be empty', async () => {
    const writer = RunWriter.create({ dir: newDir(), manifest: { ...DESCRIPTION, intervals: null }, host: {} });
    await writer.finish({}, summarise);
    expect((await openRun(writer.dir)).snapshots).toEqual([]);
  });

  it('keeps what each kdamond saw apart, also when it was killed', async () => {
    const goal = { access_bp: 400, aggrs: 3, min_sample_us: 5_000, max_sample_us: 10_000_000 };
    const otherIntervals = [
      { sample_us: 7, aggr_us: 70, ops_update_us: 700, intervals_goal: goal },
      { sample_us: 8, aggr_us: 80, ops_update_us: 800 },
    ];
    const row = { atNs: 5, scheme: 0, action: 'stat', nrTried: 1, szTried: 2, nrApplied: 0, szApplied: 0 };
    const schemes = [{ ...row, szOpsFilterPassed: 0, qtExceeds: 0, nrSnapshots: 0, effectiveBytes: 9 }];
    const writer = RunWriter.create({ dir: newDir(), manifest: { ...DESCRIPTION, otherIntervals }, host: {} });
    writer.snapshot(stairsSnapshot(0, 0));
    writer.snapshot(stairsSnapshot(1, 0), 2);
    writer.rows('schemes', schemes, 1);
    writer.snapshot(stairsSnapshot(2, 0), 2);
    const killed = await openRun(writer.dir);
    await writer.finish({}, summarise);
    const run = await openRun(writer.dir);
    for (const seen of [killed, run]) {
      expect(seen.snapshots).toEqual([stairsSnapshot(0, 0)]);
      expect(nrKdamonds(seen)).toBe(3);
      expect(seenBy(seen, 1)).toMatchObject({ snapshots: [], targets: [], intervals: otherIntervals[0] });
      expect(seenBy(seen, 1).tables.schemes).toEqual(schemes);
      expect(seenBy(seen, 2).snapshots).toEqual([stairsSnapshot(1, 0), stairsSnapshot(2, 0)]);
      expect(seenBy(seen, 2).tables.schemes).toEqual([]);
    }
    expect(hashRows(killed)).not.toBe(hashRows({ ...killed, others: [] }));
    expect(() => seenBy(run, 3)).toThrow(/no such kdamond[\s\S]*0 to 2/);
    expect((await openRun(path.join(writer.dir, 'damon.data'))).snapshots).toHaveLength(3);
  });

  it('has no truth for a kdamond whose addresses are of the other kind', async () => {
    const intervals = { sample_us: 1, aggr_us: 2, ops_update_us: 3 };
    const otherMonitors = [{ ops: 'paddr' }, { ops: 'fvaddr' }];
    const scenario = { machine: { monitor: { ops: 'vaddr' }, otherMonitors } };
    const manifest = { ...DESCRIPTION, scenario, otherIntervals: [intervals, intervals] };
    const writer = RunWriter.create({ dir: newDir(), manifest, host: {} });
    writer.truth(truthOf(stairsSnapshot(0, 0)));
    await writer.finish({}, summarise);
    const run = await openRun(writer.dir);
    expect([0, 1, 2].map((k) => seenBy(run, k).truth.length)).toEqual([1, 0, 1]);
    expect(seenBy(run, 1).manifest?.scenario).toMatchObject({ machine: { monitor: { ops: 'paddr' } } });
  });

  it('reads back snapshots from many row groups', async () => {
    const writer = RunWriter.create({ dir: newDir(), manifest: DESCRIPTION, host: {} });
    const snapshots = Array.from({ length: 30 }, (_, index) => stairsSnapshot(index, 0, 7000));
    for (const snapshot of snapshots) writer.snapshot(snapshot);
    await writer.finish({}, summarise);
    expect((await openRun(writer.dir)).snapshots).toEqual(snapshots);
  });

  it('is the same to the last bit on another host', async () => {
    const dirs = await Promise.all(
      [1, 2].map(async (host) => {
        const writer = recordedRun(newDir(), 10);
        writer.writeHost({ host });
        await writer.finish(COUNTERS, summarise);
        return writer.dir;
      }),
    );
    expect(hashRun(dirs[0])).toBe(hashRun(dirs[1]));
    fs.appendFileSync(path.join(dirs[0], 'summary.json'), ' ');
    expect(hashRun(dirs[0])).not.toBe(hashRun(dirs[1]));
  });
});

describe('a run that is not complete', () => {
  it.each(['interrupt', 'fail'] as const)('%s keeps what there is and says why', async (how) => {
    const writer = recordedRun(newDir(), 3);
    await writer[how]('Ctrl-C', COUNTERS);
    const run = await openRun(writer.dir);
    expect(run).toMatchObject({ state: how === 'fail' ? 'failed' : 'interrupted', reason: 'Ctrl-C', counters: COUNTERS });
    expect(run.snapshots).toHaveLength(3);
    expect(fs.existsSync(path.join(writer.dir, 'journal.bin'))).toBe(false);
  });

  it('is recovered after a kill, and stays incomplete', async () => {
    const { dir } = recordedRun(newDir(), 3);
    expect((await recoverRun(dir, summarise)).snapshots).toHaveLength(3);
    const run = await openRun(dir);
    expect(run).toMatchObject({ state: 'incomplete', reason: expect.stringMatching(/recovered/) });
    expect(run.snapshots).toHaveLength(3);
    expect(await recoverRun(dir)).toEqual(run);
  });
});

describe('RunWriter.create', () => {
  it('takes the next free name', () => {
    const dir = newDir();
    const make = () => RunWriter.create({ dir, manifest: DESCRIPTION, host: {} }).dir;
    expect([make(), make(), make()]).toEqual([dir, `${dir}-2`, `${dir}-3`]);
  });

  it('says which place it cannot write to', () => {
    const file = path.join(temporaryDir(), 'file');
    fs.writeFileSync(file, '');
    const create = () => RunWriter.create({ dir: path.join(file, 'run'), manifest: DESCRIPTION, host: {} });
    expect(create).toThrow(UserError);
    expect(create).toThrow(/cannot make the run directory[\s\S]*--out/);
  });
});

describe('a full disk', () => {
  /** The next writes succeed `budget` times; then half of one gets through, and the disk is full. */
  function fillDiskAfter(budget: number): void {
    const real: (fd: number, bytes: Uint8Array, offset?: number, length?: number) => number = fs.writeSync;
    let left = budget;
    vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, bytes: Uint8Array, start?: number | null) => {
      const offset = start ?? 0;
      left--;
      if (left >= 0) return real(fd, bytes, offset);
      if (left === -1) return real(fd, bytes, offset, Math.floor((bytes.length - offset) / 2));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
    }) as typeof fs.writeSync);
  }

  it('stops the recording with one sentence, and what was written stays readable', async () => {
    const writer = recordedRun(newDir(), 2);
    fillDiskAfter(0);
    expect(() => writer.snapshot(stairsSnapshot(2))).toThrow(RunError);
    vi.restoreAllMocks();
    expect((await openRun(writer.dir)).snapshots).toHaveLength(2);
    writer.snapshot(stairsSnapshot(2));
    await writer.fail('no space left');
    expect((await openRun(writer.dir)).snapshots).toHaveLength(3);
  });

  it('never leaves a run that claims to be complete', async () => {
    let failures = 0;
    for (let budget = 0; ; budget++) {
      const writer = recordedRun(newDir(), 3);
      fillDiskAfter(budget);
      const error = await writer.finish(COUNTERS, summarise).catch((reason: unknown) => reason);
      vi.restoreAllMocks();
      const run = await openRun(writer.dir);
      expect(fs.readdirSync(writer.dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      expect(run.snapshots).toHaveLength(3);
      if (error === undefined) break;
      failures++;
      expect(error).toBeInstanceOf(RunError);
      expect(String(error)).toMatch(/no space left on the disk while writing .*stairs-1/);
      expect(run.state).toBe('incomplete');
    }
    expect(failures).toBeGreaterThan(8);
  });

  it('leaves no directory when the run cannot even start', () => {
    const dir = newDir();
    fillDiskAfter(1);
    expect(() => RunWriter.create({ dir, manifest: DESCRIPTION, host: {} })).toThrow(RunError);
    expect(fs.existsSync(dir)).toBe(false);
  });
});

describe('openRun', () => {
  it('refuses a damaged table, a missing file and a missing run', async () => {
    const writer = recordedRun(newDir(), 3);
    await writer.finish(COUNTERS, summarise);
    const table = path.join(writer.dir, 'regions.parquet');
    fs.truncateSync(table, 100);
    await expect(openRun(writer.dir)).rejects.toThrow(/regions.parquet: corrupt file/);
    await expect(openRun(writer.dir)).rejects.toThrow(UserError);
    fs.rmSync(table);
    await expect(openRun(writer.dir)).rejects.toThrow(/a file of the run is missing/);
    await expect(openRun(path.join(writer.dir, 'nothing'))).rejects.toThrow(/no such run/);
  });
});
