import { readFileSync, writeFileSync } from 'node:fs';
import { withTempDir } from '@damonlab/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Access, writeTrace } from '../test/make-trace.js';
import { TraceFile } from './index.js';
import { Outline, OutlineMaker } from './outline.js';
import { DamagedBlock } from './varint.js';

/** One page is read again and again, a second one is written once in a while. */
const few = Array.from({ length: 500 }, (_, i): Access => {
  return { tid: 1, address: i % 7 === 6 ? 0x9000 : 0x5000 + (i % 2) * 4096, size: 8, write: i % 7 === 6 ? 1 : 0, clock: i };
});

describe('an outline', () => {
  it('sums up what a block does to each page, in the order of first accesses', () =>
    withTempDir(async (dir) => {
      const trace = TraceFile.open(await writeTrace(dir, few, { detail: 'full' }));
      const outline = new Outline();
      outline.decode(trace.readWhole(trace.blocks[0].outline ?? trace.blocks[0]));
      const { refs, counts, pages, pieces } = outline;
      expect([pieces.nr, pieces.accesses[0], pieces.lead[0], pieces.elapsed[0], pieces.begin[1]]).toEqual([1, 500, 0, 499, 3]);
      expect([0, 1, 2].map((i) => [pages[refs[i] >>> 1], refs[i] & 1, counts[i]])).toEqual([
        [5, 0, 214],
        [6, 0, 215],
        [9, 1, 71],
      ]);
    }));

  it('is left out where pages hardly come back, and in traces of pages', () =>
    withTempDir(async (dir) => {
      const spread = few.map((access, i) => ({ ...access, address: (i % 300) * 4096 }));
      expect(TraceFile.open(await writeTrace(dir, spread, { detail: 'full' })).blocks[0].outline).toBeUndefined();
      expect(TraceFile.open(await writeTrace(dir, few, { detail: 'pages' })).blocks[0].outline).toBeUndefined();
    }));

  it('that is damaged is told by verifying, and its block is kept', () =>
    withTempDir(async (dir) => {
      const file = await writeTrace(dir, few, { detail: 'full' });
      const offset = TraceFile.open(file).blocks[0].outline?.offset ?? 0;
      const bytes = readFileSync(file);
      bytes[offset + 70] ^= 4;
      writeFileSync(file, bytes);
      const { damage, blocks, footer } = TraceFile.open(file, { verify: true });
      expect(damage).toEqual([`outline at byte ${offset}: a wrong checksum`]);
      expect([blocks.length, blocks[0].outline, footer.threads[0].reads]).toEqual([1, undefined, 429]);
    }));

  it('of whatever bytes is decoded or refused', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.nat({ max: 4 }), { maxLength: 60 }).map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, fc.nat({ max: 100 }), (payload, nrRecords) => {
        for (const work of [() => new Outline().decode(payload), () => new OutlineMaker().make(payload, 2, nrRecords)]) {
          try {
            work();
          } catch (error) {
            expect(error).toBeInstanceOf(DamagedBlock);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
