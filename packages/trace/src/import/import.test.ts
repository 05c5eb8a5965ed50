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

/** A sample of thread 999, so that there is one. */
const ANY_SAMPLE = 'x 999 9.5: mem-loads: 7f0000000000 1234 main (/bin/x)\n';
const HINT = 'record with -d, and let perf script print the address: -F +addr';
/** Lines as versions of perf print them: what they are, text, accesses, what is lost. */
const PERF_LINES: [what: string, text: string, accesses: string[], lost?: string[]][] = [
  [
    'events of hybrid CPUs, weights, unknown symbols',
    'Web Content 46572 [002] 1.000002:  10000  cpu_core/MEM_UOPS_RETIRED.LOAD_LATENCY/: 7ffdf1391b0c  10268100142 ' +
      '|OP LOAD|LVL L1 hit|SNP None|TLB L1 or L2 hit|LCK No|BLK    N/A    5   7  0   7fad7c47425d [unknown] (/usr/lib/a b.so (deleted))',
    ['46572 1000002000 7ffdf1391b0c r'],
  ],
  [
    'AMD IBS, where the event does not tell reads from writes; nanoseconds; pid/tid',
    'x 70/71 [002] 1.000000003:  1  ibs_op/swfilt=1/p: 7ffdf1391b0c 229080144 ' +
      '|OP STORE|LVL L3 or Remote Cache (1 hop) hit|SNP N/A|BLK N/A 5ad0 f (/x)',
    ['71 1000000003 7ffdf1391b0c w'],
  ],
  [
    'an operation that is not known: the event tells',
    'x 70 1.0: cpu/mem-stores/P: 7ffdf1391b0c 5080021 |OP N/A|LVL N/A 5ad0 f (/x)',
    ['70 1000000000 7ffdf1391b0c w'],
  ],
  ['only time, event and address', '  1.000001:   cpu/mem-loads/pp:     7fff0cba3bb0', ['0 1000001000 7fff0cba3bb0 r']],
  [
    'the symbol of the data behind its address',
    'a prog 70 1.0:  1 page-faults:  5597c70e0280 table+0x0 (/tmp/a prog) 5597c0de1000 main+0x3 (/tmp/a prog)',
    ['70 1000000000 5597c70e0280 r'],
  ],
  [
    'call chains on lines of their own, and between blank lines',
    'x 70 1.0:  1 page-faults:  5597c70e0280 table+0x0 (/x)\n' +
      '\tffffffff81752b6a elf_load+0x28a ([kernel.kallsyms])\n\t    7fe02bef2ad7 [unknown] ([unknown])\n',
    ['70 1000000000 5597c70e0280 r'],
  ],
  [
    'the address of the instruction is none of data',
    'x 70 1.0:  1 page-faults:  5597c0de1000 main+0x3 (/tmp/a prog)\nx 70 1.1:  1 page-faults:',
    [],
    [`2 samples without a data address (${HINT})`],
  ],
  [
    'what kind of access it was in the place of the address',
    'ls 70 [011] 3.0:  1  memory:  88000182 |OP LOAD|LVL L1 miss|SNP N/A|TLB Walker hit|LCK No|BLK  N/A 55d0c22b4b2a [unknown] (/x)\n' +
      'ls 70 [011] 3.1:  1  memory:  88000182 L1 miss|SNP N/A|TLB Walker hit|LCK No|BLK  N/A 55d0c22b4b2a [unknown] (/x)\n' +
      'ls 70 [011] 3.2:  exceptions:page_fault_user: address=0x7f0012345678 ip=0x55d0c22b4b2a error_code=0x6',
    [],
    [`3 samples without a data address (${HINT})`],
  ],
  [
    'a weight in the place of the address; prefetches; mappings and comments',
    'x 70 1.0:  cpu/mem-loads/P:  43  55b3c122bffc f (/x)\n' +
      'x 70 1.1:  ibs_op//: 7ffdf1391b0c 5080148 |OP PFETCH|LVL L1 hit 5ad0 f (/x)\n' +
      'x 70 1.2: PERF_RECORD_MMAP2 70/70: [0x56392b228000(0x5000) @ 0 fe:00 2508377 19683]: r--p /tmp/a prog\n# end',
    [],
    [
      '1 samples of addresses that are none of a program: of the kernel, or 0',
      '1 samples that are no loads or stores: prefetches, instruction fetches',
    ],
  ],
];

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
      expect(footer.lost).toEqual(['2 samples of addresses that are none of a program: of the kernel, or 0']);
    }));

  it.each(PERF_LINES)('perf script: %s', (_, text, expected, lost = []) =>
    withTempDir(async (dir) => {
      const { lines, footer } = await imported(dir, 'perf-script', `${text}\n${ANY_SAMPLE}`);
      expect(lines.filter((line) => !line.startsWith('999 '))).toEqual(expected);
      expect(footer.lost).toEqual(lost);
    }),
  );

  it('perf script: without one data address it is refused, and told how to get them', () =>
    withTempDir(async (dir) => {
      const text = '  prog 70 [001] 5.000001: 1 page-faults:  55d0c0de1234 main+0x4 (/tmp/a prog)\n'.repeat(3);
      await expect(imported(dir, 'perf-script', text)).rejects.toThrow(/3 samples without a data address[\s\S]*-F \+addr/);
    }));

  it.each([
    [
      'threads of workloads: one process only',
      `  6  0:  W1.T3 <marker: W1.T3 on core 2>
  8  1:  W1.T3 ifetch       4 byte(s) @ 0x0000000000001234 non-branch
  9  1:  W1.T3 read         4 byte(s) @ 0x0000000000042000 by PC 0x0000000000001234
 10  1:  W1.T3 pref-r-L1    8 byte(s) @ 0x0000000000043000 by PC 0x0000000000001234
 11  1:  W0.T3 write        4 byte(s) @ 0x0000000000042000 by PC 0x0000000000001234
 12  1:  W1.T3 <marker: window 1>
 13  1:  W1.T3 <thread W1.T3 exited>
`,
      ['3 1 42000 r'],
      [2],
      ['1 accesses of other workloads than W1: a trace is of one process'],
    ],
    [
      'without instruction numbers, of its first versions',
      `Output format:
<record#>: T<tid> <record details>
        1: T70 <marker: version 4>
        2: T70 <marker: tid 70 on core 3>
        3: T70 ifetch       3 byte(s) @ 0x0000000000402680 f3 48 a5             rep movsq
        4: T70 read         8 byte(s) @ 0x00007f8881e37c70 by PC 0x0000000000402680
        5: T70 write        8 byte(s) @ 0x00007f8881e37a70 by PC 0x0000000000402680
        6: T71 ifetch       1 byte(s) @ 0x000000000040361e 5d                   pop    %rbp
        7: T71 read         8 byte(s) @ 0x00007ffdf9d85088 by PC 0x000000000040361e
`,
      ['70 1 7f8881e37c70 r', '70 1 7f8881e37a70 w', '71 2 7ffdf9d85088 r'],
      [3, 0],
      [],
    ],
  ])('drmemtrace: %s', (_, text, expected, cpus, lost) =>
    withTempDir(async (dir) => {
      const { lines, footer } = await imported(dir, 'drmemtrace', text);
      expect(lines).toEqual(expected);
      expect(footer.threads.map(({ cpu }) => cpu)).toEqual(cpus);
      expect(footer.lost).toEqual(lost);
    }),
  );

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

  it('a record that does not say its intervals, as those from tracepoints, is read with given ones; what it says counts more', () =>
    withTempDir(async (dir) => {
      const touched = async (snapshots: ReturnType<typeof snapshot>[]) => {
        const file = join(dir, 'damo.dltrace');
        const { threads } = await importDamo('x', snapshots, file, { sampleUs: 10_000, aggrUs: 100_000 });
        return [TraceFile.open(file).head.windowTicks, threads[0].reads];
      };
      const known = snapshot(0, [[0x1000, 0x3000, 5]]);
      expect(await touched([{ ...known, sampleUs: 0, aggrUs: 0 }])).toEqual([10_000_000, 10]);
      expect(await touched([known])).toEqual([5_000_000, 10]);
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
