import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { recordedRun, stairsSnapshot, temporaryDir } from '../test/events.js';
import { openRun } from './open-run.js';

/** A run directory as a kill leaves it, and the bytes of its journal. */
function killedRun(windows: number): { dir: string; journal: string; bytes: Buffer } {
  const { dir } = recordedRun(path.join(temporaryDir(), 'run'), windows);
  const journal = path.join(dir, 'journal.bin');
  return { dir, journal, bytes: fs.readFileSync(journal) };
}

describe('the journal of a killed run', () => {
  it('has everything up to the last snapshot', async () => {
    const run = await openRun(killedRun(5).dir);
    expect(run.state).toBe('incomplete');
    expect(run.reason).toMatch(/killed/);
    expect(run.snapshots).toEqual([0, 1, 2, 3, 4].map((index) => stairsSnapshot(index)));
    expect(run.truth).toHaveLength(5);
    expect(run.cpuCounters).toHaveLength(5);
  });

  it('opens when it is cut at any byte, with ever fewer snapshots', async () => {
    const { dir, journal, bytes } = killedRun(3);
    let before = 3;
    for (let length = bytes.length; length >= 0; length--) {
      fs.truncateSync(journal, length);
      const { snapshots, state } = await openRun(dir);
      expect(state).toBe('incomplete');
      expect(snapshots.length).toBeLessThanOrEqual(before);
      expect(snapshots).toEqual([0, 1, 2].slice(0, snapshots.length).map((index) => stairsSnapshot(index)));
      before = snapshots.length;
    }
    expect(before).toBe(0);
  });

  it('never gives a wrong row when one byte is changed', async () => {
    const { dir, journal, bytes } = killedRun(2);
    const whole = [0, 1].map((index) => stairsSnapshot(index));
    for (let at = 0; at < bytes.length; at++) {
      const broken = Buffer.from(bytes);
      broken[at] ^= 0x10;
      fs.writeFileSync(journal, broken);
      try {
        const { snapshots } = await openRun(dir);
        expect(snapshots).toEqual(whole.slice(0, snapshots.length));
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
  });

  it('may be missing: the run was killed at its start', async () => {
    const { dir, journal } = killedRun(1);
    fs.rmSync(journal);
    expect((await openRun(dir)).snapshots).toEqual([]);
  });
});
