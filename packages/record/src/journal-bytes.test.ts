import path from 'node:path';
import { UserError } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordedRun, temporaryDir } from '../test/events.js';
import { encodeRun, JournalReader } from './journal-bytes.js';
import { openRun } from './open-run.js';

describe('a run as bytes', () => {
  it('is the same run again, in whatever pieces the bytes come', async () => {
    const first = await openRun(recordedRun(path.join(temporaryDir(), 'run'), 3).dir);
    const { snapshots, attribution, tables } = first;
    // A second kdamond saw less.
    const run = { ...first, others: [{ snapshots: snapshots.slice(1), attribution, tables }] };
    const bytes = encodeRun(run);
    const { path: where, manifest } = run;
    if (manifest === null) throw new Error('a recorded run has a manifest');
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const reader = new JournalReader(where);
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        for (let i = 1; i < at.length; i++) expect(reader.push(bytes.subarray(at[i - 1], at[i]))).toBe(true);
        expect(reader.run(manifest)).toEqual(run);
      }),
      { numRuns: 20 },
    );
  });

  it('ends at a damaged frame, and stays ended', async () => {
    const bytes = encodeRun(await openRun(recordedRun(path.join(temporaryDir(), 'run'), 3).dir));
    const broken = bytes.slice();
    broken[bytes.length - 3] ^= 1;
    const reader = new JournalReader('here');
    expect(reader.push(broken)).toBe(false);
    expect(reader.rows.snapshots).toHaveLength(3);
    expect(reader.push(bytes)).toBe(false);
    expect(reader.rows.snapshots).toHaveLength(3);
  });

  it('is refused when it is something else', () => {
    expect(() => new JournalReader('here').push(Uint8Array.of(1))).toThrow(UserError);
  });
});
