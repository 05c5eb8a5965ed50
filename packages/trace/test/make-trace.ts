import { join } from 'node:path';
import fc from 'fast-check';
import { TraceBuilder, type TraceHead } from '../src/index.js';

/** One access as an importer would tell it. */
export interface Access {
  readonly tid: number;
  readonly address: number;
  readonly size: number;
  readonly write: 0 | 1;
  readonly clock: number;
}

const HEAP = 0x5555_0000_0000;
const STACK = 0x7fff_ffff_0000;

/** Accesses of a few threads to a few places, in the order of their clocks; often close together, as real ones are. */
export const accesses: fc.Arbitrary<Access[]> = fc
  .array(
    fc.record({
      tid: fc.constantFrom(7, 8, 900),
      base: fc.constantFrom(HEAP, STACK, 0x40_0000),
      offset: fc.oneof(fc.nat({ max: 40 * 4096 }), fc.nat({ max: 200 })),
      size: fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 10),
      write: fc.constantFrom(0 as const, 1 as const),
      step: fc.oneof(fc.constant(0), fc.nat({ max: 5 }), fc.nat({ max: 5_000 })),
    }),
    { minLength: 1, maxLength: 300 },
  )
  .map((steps) => {
    let clock = 0;
    return steps.map(({ tid, base, offset, size, write, step }) => {
      clock += step;
      return { tid, address: base + offset, size, write, clock };
    });
  });

export const HEAD: TraceHead = { source: 'test', command: 'a test', detail: 'pages', tick: 'instruction', windowTicks: 1000 };

/** Write them to `trace.dltrace` in `dir`; returns its path. */
export async function writeTrace(dir: string, list: readonly Access[], head: Partial<TraceHead> = {}): Promise<string> {
  const file = join(dir, 'trace.dltrace');
  const builder = new TraceBuilder(file, { ...HEAD, ...head });
  for (const { tid, address, size, write, clock } of list) builder.access(tid, address, size, write, clock);
  await builder.finish();
  return file;
}

/** Page by page: an access over the end of a page is one to each page. */
export function byPage(list: readonly Access[]): (Access & { readonly page: number })[] {
  return list.flatMap((access) => {
    const first = Math.floor(access.address / 4096);
    const last = Math.floor((access.address + access.size - 1) / 4096);
    return Array.from({ length: last - first + 1 }, (_, i) => ({ ...access, page: first + i }));
  });
}
