import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '@damonlab/base';
import { withTempDir } from '@damonlab/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importDamo, importText, type TextFormat, TraceFile, walkTrace } from '../index.js';

const LACKEY = `==1== Lackey, an example Valgrind tool
==1== Command: x
I  0401ab70,3
 L 1fff000768,8
I  0401ab73,5
 S 1fff000ffc,8
 M 0421c7cc,4
`;
const PERF = `# a comment
   sort  1234 [003]  100.000001:   1    cpu/mem-loads,ldlat=30/P:  7f1234567890  102681 |OP LOAD|LVL L1 hit|SNP None 0 7fad sym
   my prog 2 77/1235 [000]  100.000005:   10000 cycles:P:   7f1234568000  5080144 |OP STORE|LVL L1 hit
            sort  1234 [003]  100.5:          1    mem-stores:  7ffd00001000 7fad [unknown]
            sort  1234  100.600000: mem-loads:  0 7fad [unknown]
            sort  1234  100.700000: mem-loads:  ffffa7c22b4b2a00 7fad [unknown]
`;
const DRMEMTRACE = `Output format:
<--record#-> <--instr#->: <---tid---> <record details>
------------------------------------------------------------
           1           0:     2765542 <marker: version 5>
           2           0:     2765542 <marker: cpuid 5>
       47445       37769:     2765542 ifetch       5 byte(s) @ 0x0000000000404a7e 48 8b 5c 24 08       mov    0x08(%rsp)[8byte] -> %rbx
       47446       37770:     2765542 read         8 byte(s) @ 0x00007fdf64e2adc8 by PC 0x0000000000404a7e
       47447       37771:     W0.T292 write        4 byte(s) @ 0x00007fdf64e2b000 by PC 0x0000000000404a83
View tool results:
          123456 : total instructions
`;

/** `tid clock page rw` of each record, in full. */
async function imported(dir: string, format: TextFormat, bytes: Uint8Array | string) {
  const input = join(dir, 'input');
  writeFileSync(input, bytes);
  const output = join(dir, 'out.dltrace');
  const footer = await importText(input, { format, output, detail: 'full', windowTicks: 1000 });
  const lines: string[] = [];
  walkTrace(TraceFile.open(output), ({ thread, clock, page, offset, write }) => {
    lines.push(`${footer.threads[thread].tid} ${clock} ${(page * 4096 + offset).toString(16)} ${write === 1 ? 'w' : 'r'}`);
    return true;
  });
  return { lines, footer };
}

describe('imports of text', () => {
  it('lackey: the clock counts instructions, M is a load and a store, an access over the end of a page is two', () =>
    withTempDir(async (dir) => {
      const { lines, footer } = await imported(dir, 'lackey', LACKEY);
      expect(lines).toEqual(['0 0 1fff000768 r', '0 1 1fff000ffc w', '0 1 1fff001000 w', '0 1 421c7cc r', '0 1 421c7cc w']);
      expect(footer.lost).toEqual([]);
    }));

  it('perf script: thread, CPU, time in ns, what the operation or else the event says; not the kernel', () =>
    withTempDir(async (dir) => {
      const { lines, footer } = await imported(dir, 'perf-script', PERF);
      expect(lines).toEqual(['1234 100000001000 7f1234567890 r', '1235 100000005000 7f1234568000 w', '1234 100500000000 7ffd00001000 w']);
      expect(footer.threads.map(({ cpu }) => cpu)).toEqual([3, 0]);
      expect(footer.lost).toEqual(['2 samples of kernel addresses or without an address']);
    }));

  it('drmemtrace: instruction numbers, both ways of naming threads, CPUs from markers', () =>
    withTempDir(async (dir) => {
      const { lines, footer } = await imported(dir, 'drmemtrace', DRMEMTRACE);
      expect(lines).toEqual(['2765542 37770 7fdf64e2adc8 r', '292 37771 7fdf64e2b000 w']);
      expect(footer.threads.map(({ cpu }) => cpu)).toEqual([5, 0]);
    }));

  it('what makes no sense is left out and told with line and byte', () =>
    withTempDir(async (dir) => {
      const { lines, footer } = await imported(dir, 'lackey', `${LACKEY} L xyz,8\n${' Q 12,4\n'.repeat(5)}`);
      expect(lines).toHaveLength(5);
      expect(footer.lost[0]).toMatch(`input:8 (byte ${LACKEY.length}): no address`);
      expect(footer.lost.at(-1)).toMatch(/3 more lines/);
    }));

  it('gzip and zstd are read as they are; cut off, up to where they are good', () =>
    withTempDir(async (dir) => {
      const text = LACKEY.repeat(2000);
      const whole = (await imported(dir, 'lackey', text)).lines;
      for (const pack of [gzipSync(text), zstdOfRawBlocks(Buffer.from(text))]) {
        expect((await imported(dir, 'lackey', pack)).lines).toEqual(whole);
        const cut = await imported(dir, 'lackey', pack.subarray(0, Math.floor(pack.length * 0.9)));
        expect(cut.lines.length).toBeGreaterThan(0);
        expect(cut.lines).toEqual(whole.slice(0, cut.lines.length));
        expect(cut.footer.lost.at(-1)).toMatch(/input:\d+ \(byte \d+\): the (gzip|zstd) data is cut off/);
      }
    }));

  it.each([
    ['nothing in it', 'lackey', '', /no access in it/],
    ['another kind of text', 'drmemtrace', LACKEY, /no access in it[\s\S]*--format/],
    ['a line without end', 'lackey', 'x'.repeat(3_000_000), /a line without end/],
  ] as const)('%s: refused, and no file is left', (_, format, text, message) =>
    withTempDir(async (dir) => {
      await expect(imported(dir, format, text)).rejects.toThrow(message);
      await expect(imported(dir, format, text)).rejects.toThrow(UserError);
      expect(() => TraceFile.open(join(dir, 'out.dltrace'))).toThrow(/cannot read/);
    }),
  );

  it.each([
    ['lackey', LACKEY],
    ['perf-script', PERF],
    ['drmemtrace', DRMEMTRACE],
  ] as const)('%s: whatever is done to the input, it ends with a trace or a reason', async (format, text) => {
    const bytes = Buffer.from(text);
    const mutants = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.nat({ max: bytes.length }).map((length) => bytes.subarray(0, length)),
      fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 }).map((changes) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) copy[at] = value;
        return copy;
      }),
      fc.tuple(fc.nat(), fc.nat({ max: 7 })).map(([at, bit]) => {
        const packed = gzipSync(bytes);
        packed[at % packed.length] ^= 1 << bit;
        return packed;
      }),
      fc.tuple(fc.nat(), fc.nat({ max: 7 })).map(([at, bit]) => {
        const packed = zstdOfRawBlocks(bytes);
        packed[at % packed.length] ^= 1 << bit;
        return packed;
      }),
    );
    await withTempDir((dir) =>
      fc.assert(
        fc.asyncProperty(mutants, async (mutant) => {
          try {
            const { lines, footer } = await imported(dir, format, mutant);
            expect(lines.length).toBe(footer.threads.reduce((sum, { records }) => sum + records, 0));
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        }),
        { numRuns: 100 },
      ),
    );
  });
});

it('an input of random addresses ends with a reason before it has taken all memory', () =>
  withTempDir(async (dir) => {
    const lines = Array.from({ length: 140_000 }, (_, i) => ` L ${(i * 0x1_0000_0000 + 0x1000).toString(16)},8\n`);
    await expect(imported(dir, 'lackey', lines.join(''))).rejects.toThrow(/addresses all over the place/);
  }));

describe('import of a damo record', () => {
  const snapshot = (startNs: number, regions: readonly (readonly [start: number, end: number, nr: number])[]) => ({
    targetId: 0,
    startNs,
    endNs: startNs + 100_000_000,
    sampleUs: 5_000,
    aggrUs: 100_000,
    start: Float64Array.from(regions, ([start]) => start),
    end: Float64Array.from(regions, ([, end]) => end),
    nrAccesses: Uint32Array.from(regions, ([, , nr]) => nr),
  });

  it('touches all pages of a region in as many sampling intervals as its samples saw it accessed', () =>
    withTempDir(async (dir) => {
      const file = join(dir, 'damo.dltrace');
      await importDamo(
        'damon.data',
        [
          snapshot(1e9, [
            [0x1000, 0x5000, 20],
            [0x5000, 0x9000, 5],
            [0x9000, 0xa000, 0],
          ]),
        ],
        file,
      );
      const touches = new Map<number, number>();
      const clocks = new Set<number>();
      walkTrace(TraceFile.open(file), ({ page, span, clock }) => {
        for (let i = 0; i < span; i++) touches.set(page + i, (touches.get(page + i) ?? 0) + 1);
        clocks.add(clock);
        return true;
      });
      expect([...touches].sort((a, b) => a[0] - b[0])).toEqual(
        [1, 2, 3, 4].map((page) => [page, 20]).concat([5, 6, 7, 8].map((page) => [page, 5])),
      );
      expect([...clocks].slice(0, 3)).toEqual([0, 5_000_000, 10_000_000]);
    }));

  it('a record without accesses, or without intervals, is refused', () =>
    withTempDir(async (dir) => {
      const file = join(dir, 'damo.dltrace');
      await expect(importDamo('x', [snapshot(0, [[0x1000, 0x2000, 0]])], file)).rejects.toThrow(/without accesses/);
      await expect(importDamo('x', [], file)).rejects.toThrow(/without intervals/);
    }));
});

/** A zstd frame whose blocks are stored as they are: magic, a header with the size in four bytes, blocks of 128 KiB at most. */
function zstdOfRawBlocks(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0), u32(bytes.length)];
  for (let at = 0; at < bytes.length || at === 0; at += 1 << 17) {
    const block = bytes.subarray(at, at + (1 << 17));
    const last = at + block.length >= bytes.length ? 1 : 0;
    parts.push(u32(block.length * 8 + last).subarray(0, 3), block);
  }
  return Buffer.concat(parts);
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
