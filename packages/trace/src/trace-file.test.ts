import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError, UserError } from '@damonlab/base';
import { withTempDir } from '@damonlab/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Access, accesses, byPage, HEAD, writeTrace } from '../test/make-trace.js';
import { cutTrace, mergeTraces, TraceFile, type TraceRecord, traceSpan, walkTrace } from './index.js';

function recordsOf(trace: TraceFile): TraceRecord[] {
  const records: TraceRecord[] = [];
  walkTrace(trace, (record) => {
    records.push({ ...record });
    return true;
  });
  return records;
}

/** Thread numbers in the order of the first access. */
function threadNumbers(list: readonly Access[]): Map<number, number> {
  return new Map([...new Set(list.map(({ tid }) => tid))].map((tid, i) => [tid, i]));
}

/** What a trace of pages must say: by window, thread, page and kind, how many accesses. */
function windows(list: readonly Access[], windowTicks: number): Map<string, number> {
  const threads = threadNumbers(list);
  const counts = new Map<string, number>();
  for (const { tid, page, write, clock } of byPage(list)) {
    const key = [clock - (clock % windowTicks), threads.get(tid), page, write].join('/');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

describe('a trace', () => {
  it('of pages says per window who touched which page how often, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(accesses, fc.constantFrom(1, 10, 1000, 1_000_000), (list, windowTicks) =>
        withTempDir(async (dir) => {
          const trace = TraceFile.open(await writeTrace(dir, list, { windowTicks }));
          const read = recordsOf(trace).map(
            ({ clock, thread, page, write, count }) => [[clock, thread, page, write].join('/'), count] as const,
          );
          expect(new Map(read)).toEqual(windows(list, windowTicks));
          expect(read).toHaveLength(new Set(read.map(([key]) => key)).size);
          expect(trace.damage).toEqual([]);
        }),
      ),
      { numRuns: 60 },
    );
  });

  it('in full says every access with its clock, address and size', async () => {
    await fc.assert(
      fc.asyncProperty(accesses, (list) =>
        withTempDir(async (dir) => {
          const trace = TraceFile.open(await writeTrace(dir, list, { detail: 'full' }));
          const threads = threadNumbers(list);
          for (const [tid, thread] of threads) {
            const read = recordsOf(trace).filter((record) => record.thread === thread);
            const made = byPage(list.filter((access) => access.tid === tid));
            expect(read.map(({ clock, page, write }) => [clock, page, write])).toEqual(
              made.map(({ clock, page, write }) => [clock, page, write]),
            );
            const sizes = made.map(({ size, page, address }) => [page * 4096 > address ? 0 : address % 4096, size === 10 ? 0 : size]);
            expect(read.map(({ offset, size }) => [offset, size])).toEqual(
              sizes.map(([offset, size]) => [offset, size === 64 ? 64 : size]),
            );
          }
        }),
      ),
      { numRuns: 30 },
    );
  });

  it('has mappings that cover every access, and a footprint that is exact', async () => {
    await fc.assert(
      fc.asyncProperty(accesses, (list) =>
        withTempDir(async (dir) => {
          const { footer } = TraceFile.open(await writeTrace(dir, list));
          const pages = new Set(byPage(list).map(({ page }) => page));
          expect(footer.touchedPages).toBe(pages.size);
          for (const page of pages)
            expect(footer.vmas.filter((vma) => vma.start <= page * 4096 && (page + 1) * 4096 <= vma.end)).toHaveLength(1);
          const ends = footer.vmas.slice(0, -1).map((vma) => vma.end);
          expect(footer.vmas.slice(1).every((vma, i) => vma.start >= (ends[i] ?? 0))).toBe(true);
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('has the same id for the same contents, another for others', () =>
    withTempDir(async (dir) => {
      const list = [{ tid: 1, address: 4096, size: 8, write: 1, clock: 0 }] as const;
      const id = async (more: readonly Access[]) => TraceFile.open(await writeTrace(dir, [...list, ...more])).id;
      expect(await id([])).toBe(await id([]));
      expect(await id([])).not.toBe(await id([{ tid: 1, address: 8192, size: 8, write: 1, clock: 5 }]));
    }));
});

describe('a damaged trace', () => {
  const many = Array.from({ length: 3000 }, (_, i): Access => {
    return { tid: i % 3, address: 0x1000_0000 + ((i * 7919) % 500) * 4096, size: 8, write: i % 2 === 0 ? 1 : 0, clock: i * 100 };
  });

  it('that was cut or has flipped bits is told from a whole one, and yields only what was recorded', async () => {
    await withTempDir(async (dir) => {
      const whole = readFileSync(await writeTrace(dir, many));
      const good = new Set(recordsOf(TraceFile.open(join(dir, 'trace.dltrace'))).map((record) => JSON.stringify(record)));
      const file = join(dir, 'bad.dltrace');
      const damages = fc.oneof(
        fc.nat({ max: whole.length - 1 }).map((length) => whole.subarray(0, length)),
        fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 7 })).map(([at, bit]) => flipped(whole, at, bit)),
        fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.concat([whole.subarray(0, 16), bytes])),
      );
      fc.assert(
        fc.property(damages, (bytes) => {
          writeFileSync(file, bytes);
          const records = told(() => recordsOf(TraceFile.open(file)));
          for (const { thread, ...record } of records ?? []) {
            // A lost first block may leave a thread out, so that numbers are all that may differ.
            expect([0, 1, 2].some((other) => good.has(JSON.stringify({ thread: other, ...record })))).toBe(true);
          }
          if (records !== undefined && records.length !== good.size) expect(TraceFile.open(file).damage).not.toEqual([]);
        }),
        { numRuns: 200 },
      );
    });
  });

  it('with one bad block and a whole index is known by verifying, and a cut leaves that block out', () =>
    withTempDir(async (dir) => {
      const file = await writeTrace(dir, many);
      const { blocks } = TraceFile.open(file);
      writeFileSync(file, flipped(readFileSync(file), blocks[1].offset + 80, 3));
      expect(TraceFile.open(file).damage).toEqual([]);
      const opened = TraceFile.open(file, { verify: true });
      expect(opened.damage).toEqual([expect.stringMatching(`block at byte ${blocks[1].offset} .*wrong checksum`)]);
      const repaired = join(dir, 'repaired.dltrace');
      const footer = await cutTrace(opened, repaired, {}, traceSpan(opened).firstClock);
      expect(footer.lost).toEqual(opened.damage);
      expect(recordsOf(TraceFile.open(repaired)).length).toBe(blocks[0].header.nrRecords + blocks[2].header.nrRecords);
    }));

  it('is repaired by a cut without limits', () =>
    withTempDir(async (dir) => {
      const whole = readFileSync(await writeTrace(dir, many));
      const file = join(dir, 'cut.dltrace');
      writeFileSync(file, whole.subarray(0, whole.length - 30));
      const opened = TraceFile.open(file);
      expect(opened.damage[0]).toMatch(/index/);
      const repaired = join(dir, 'repaired.dltrace');
      await cutTrace(opened, repaired, {}, traceSpan(opened).firstClock);
      const again = TraceFile.open(repaired);
      expect(again.damage).toEqual([]);
      expect(again.footer.lost[0]).toMatch(/index/);
      expect(recordsOf(again)).toEqual(recordsOf(TraceFile.open(join(dir, 'trace.dltrace'))));
    }));

  it.each([
    ['no file', null, /cannot read the trace/],
    ['another file', Buffer.from('just text, and more than sixteen bytes of it'), /not a trace[\s\S]*another kind/],
    ['another version', versioned(9), /a trace of version 9/],
    ['a head that is gone', versioned(1), /without a readable head/],
  ])('%s is refused', (_, bytes, message) =>
    withTempDir(async (dir) => {
      const file = join(dir, 'x.dltrace');
      if (bytes !== null) writeFileSync(file, bytes);
      expect(() => TraceFile.open(file)).toThrow(message);
      expect(() => TraceFile.open(file)).toThrow(UserError);
    }),
  );
});

describe('parts of traces', () => {
  it('cut: the records within the limits', async () => {
    await fc.assert(
      fc.asyncProperty(accesses, fc.nat({ max: 20_000 }), fc.nat({ max: 20_000 }), (list, a, b) =>
        withTempDir(async (dir) => {
          const trace = TraceFile.open(await writeTrace(dir, list, { detail: 'full' }));
          const { firstClock } = traceSpan(trace);
          const options = { fromTick: Math.min(a, b), toTick: Math.max(a, b), threads: [0, 2], start: 0x5000_0000_0000 };
          const file = join(dir, 'part.dltrace');
          await cutTrace(trace, file, options, firstClock);
          const tids = trace.footer.threads.map(({ tid }) => tid);
          const wanted = recordsOf(trace).filter(({ clock, thread, page }) => {
            return (
              clock >= firstClock + options.fromTick && clock < firstClock + options.toTick && thread !== 1 && page * 4096 >= options.start
            );
          });
          const cut = TraceFile.open(file);
          const named = (records: TraceRecord[], names: readonly number[]) =>
            records.map((record) => ({ ...record, thread: names[record.thread] }));
          const order = (x: TraceRecord, y: TraceRecord) => x.clock - y.clock || x.thread - y.thread;
          const cutTids = cut.footer.threads.map(({ tid }) => tid);
          expect(named(recordsOf(cut), cutTids).sort(order)).toEqual(named(wanted, tids).sort(order));
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('a cut that is stopped leaves no file, not even a part of one', () =>
    withTempDir(async (dir) => {
      const trace = TraceFile.open(await writeTrace(dir, [{ tid: 1, address: 4096, size: 8, write: 0, clock: 5 }]));
      const signal = AbortSignal.abort();
      await expect(cutTrace(trace, join(dir, 'part.dltrace'), {}, 0, { signal })).rejects.toThrow(/stopped by the user/);
      expect(readdirSync(dir)).toEqual(['trace.dltrace']);
    }));

  it('merge: all threads of all traces, each from 0', () =>
    withTempDir(async (dir) => {
      const one = TraceFile.open(await writeTrace(dir, [{ tid: 1, address: 4096, size: 8, write: 0, clock: 70_000 }]));
      const out = join(dir, 'merged.dltrace');
      const { threads, touchedPages } = await mergeTraces([one, one], out);
      expect([threads.map(({ firstClock }) => firstClock), touchedPages]).toEqual([[0, 0], 1]);
      expect(recordsOf(TraceFile.open(out)).map(({ thread, clock, count }) => [thread, clock, count])).toEqual([
        [0, 0, 1],
        [1, 0, 1],
      ]);
    }));

  it('merge: traces of different kinds are refused, and no file is left', () =>
    withTempDir(async (dir) => {
      const list = [{ tid: 1, address: 4096, size: 8, write: 0, clock: 5 }] as const;
      const pages = TraceFile.open(await writeTrace(dir, list));
      const full = { ...pages, head: { ...HEAD, detail: 'full' }, file: 'other' } as unknown as TraceFile;
      await expect(mergeTraces([pages, full], join(dir, 'merged.dltrace'))).rejects.toThrow(/different kinds/);
    }));
});

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1 << bit;
  return copy;
}

function versioned(version: number): Buffer {
  const bytes = Buffer.alloc(100);
  bytes.write('DLTRACE\n', 'latin1');
  bytes.writeUInt32LE(version, 8);
  return bytes;
}

/** The result, or undefined if it was refused as it should be. Anything else that is thrown is a defect. */
function told<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError || error instanceof RunError) return undefined;
    throw error;
  }
}
