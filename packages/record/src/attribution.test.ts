import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessTruthWindow, accessTruthWindows, attributionWindow, attributionWindows, recordAttribution } from '../test/attribution.js';
import { COUNTERS, DESCRIPTION, stairsSnapshot, temporaryDir } from '../test/events.js';
import { decodeAccessTruth, decodeAttribution, encodeAccessTruth, encodeAttribution } from './attribution-frames.js';
import type { AccessTruthWindow, AttributionWindow } from './events.js';
import { openRun, recoverRun } from './open-run.js';
import { RunWriter } from './run-writer.js';

const WINDOWS = 5;
const numbers = Array.from({ length: WINDOWS }, (_, index) => index);
const TABLES = ['access_truth.parquet', 'attribution.parquet'];

const newWriter = () => RunWriter.create({ dir: path.join(temporaryDir(), 'run'), manifest: DESCRIPTION, host: {} });

/** A run of some windows that nobody has ended; the journal has everything up to its snapshot. */
function runningRun(windows = WINDOWS): RunWriter {
  const writer = newWriter();
  recordAttribution(writer, windows);
  writer.snapshot(stairsSnapshot(0));
  return writer;
}

const tablesOf = (dir: string) => fs.readdirSync(dir).filter((name) => TABLES.includes(name));

describe('who made the accesses', () => {
  it('comes back from a finished run', async () => {
    const writer = runningRun();
    await writer.finish(COUNTERS, () => ({}));
    expect(tablesOf(writer.dir)).toEqual(TABLES);
    const run = await openRun(writer.dir);
    expect(run.attribution).toEqual(numbers.map(attributionWindow));
    expect(run.accessTruth).toEqual(numbers.map(accessTruthWindow));
  });

  it('comes back from the journal of a killed run, and from its recovery', async () => {
    const { dir } = runningRun();
    for (const run of [await openRun(dir), await recoverRun(dir), await openRun(dir)]) {
      expect(run.state).toBe('incomplete');
      expect(run.attribution).toEqual(numbers.map(attributionWindow));
      expect(run.accessTruth).toEqual(numbers.map(accessTruthWindow));
    }
  });

  it('has no tables in a run without such windows', async () => {
    const writer = runningRun(0);
    await writer.finish(COUNTERS, () => ({}));
    expect(tablesOf(writer.dir)).toEqual([]);
    expect(await openRun(writer.dir)).toMatchObject({ attribution: [], accessTruth: [] });
  });

  it('is refused from a damaged table', async () => {
    const writer = runningRun();
    await writer.finish(COUNTERS, () => ({}));
    fs.truncateSync(path.join(writer.dir, 'access_truth.parquet'), 60);
    await expect(openRun(writer.dir)).rejects.toThrow(/access_truth.parquet: corrupt file/);
  });

  it('opens from a journal that is cut at any byte, with ever fewer whole windows', async () => {
    const { dir } = runningRun(3);
    const journal = path.join(dir, 'journal.bin');
    let before = 3;
    for (let length = fs.statSync(journal).size; length >= 0; length--) {
      fs.truncateSync(journal, length);
      const { attribution, accessTruth } = await openRun(dir);
      expect(attribution).toEqual([0, 1, 2].slice(0, attribution.length).map(attributionWindow));
      expect(accessTruth).toEqual([0, 1, 2].slice(0, accessTruth.length).map(accessTruthWindow));
      expect([0, 1]).toContain(attribution.length - accessTruth.length);
      expect(attribution.length).toBeLessThanOrEqual(before);
      before = attribution.length;
    }
    expect(before).toBe(0);
  });

  it('is never wrong when one byte of the journal is changed', async () => {
    const { dir } = runningRun(3);
    const journal = path.join(dir, 'journal.bin');
    const bytes = fs.readFileSync(journal);
    for (let at = 0; at < bytes.length; at++) {
      const broken = Buffer.from(bytes);
      broken[at] ^= 0x10;
      fs.writeFileSync(journal, broken);
      try {
        const { attribution, accessTruth } = await openRun(dir);
        expect(attribution).toEqual([0, 1, 2].slice(0, attribution.length).map(attributionWindow));
        expect(accessTruth).toEqual([0, 1, 2].slice(0, accessTruth.length).map(accessTruthWindow));
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }
  });

  it.each([1, 8])('is refused from a payload that is not one window: %i bytes too few or too many', (bytes) => {
    const attribution = encodeAttribution(attributionWindow(2));
    const longer = new Uint8Array(attribution.length + bytes);
    longer.set(attribution);
    for (const payload of [attribution.slice(0, -bytes), longer, new Uint8Array(bytes)]) expect(decodeAttribution(payload, [])).toBe(false);
    const head = 4 * 8;
    const row = 7 * 8;
    expect(decodeAccessTruth(encodeAccessTruth(accessTruthWindow(2)).slice(0, head + 2 * row - bytes), [])).toBe(false);
  });

  it('comes back whatever it is, from frames', () => {
    const wholeBuffer = (bytes: Uint8Array) => Uint8Array.from(bytes);
    fc.assert(
      fc.property(attributionWindows, accessTruthWindows, (attribution, accessTruth) => {
        const windows: AttributionWindow[] = [];
        const truths: AccessTruthWindow[] = [];
        for (const window of attribution) expect(decodeAttribution(wholeBuffer(encodeAttribution(window)), windows)).toBe(true);
        for (const window of accessTruth) expect(decodeAccessTruth(wholeBuffer(encodeAccessTruth(window)), truths)).toBe(true);
        expect(windows).toEqual(attribution);
        expect(truths).toEqual(accessTruth);
      }),
    );
  });

  it('comes back whatever it is, from tables', async () => {
    await fc.assert(
      fc.asyncProperty(attributionWindows, accessTruthWindows, async (attribution, accessTruth) => {
        const writer = newWriter();
        for (const window of attribution) writer.attribution(window);
        for (const window of accessTruth) writer.accessTruth(window);
        await writer.finish({}, () => ({}));
        const run = await openRun(writer.dir);
        fs.rmSync(writer.dir, { recursive: true });
        expect(run.attribution).toEqual(attribution);
        expect(run.accessTruth).toEqual(accessTruth);
      }),
      { numRuns: 30 },
    );
  });
});
