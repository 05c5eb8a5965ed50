import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { RunError, StateTape } from '@damonlab/base';
import { withTempDir } from '@damonlab/testkit';
import { AccessBatch, type AccessProgram, BATCH_WORDS, BatchKind, buildWorkload, type TraceSpec, type Workload } from '@damonlab/workload';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Access, accesses, byPage, writeTrace } from '../test/make-trace.js';
import { TraceFile, traceSpan, traceWorkload } from './index.js';
import { TRACE_PROGRAM_WORDS, TraceProgram } from './trace-program.js';

const ACCESS_NS = 1;

function specOf(file: string, change: Partial<TraceSpec> = {}): TraceSpec {
  const { id, footer } = TraceFile.open(file);
  const place = { file: basename(file), dir: dirname(file), id, threads: footer.threads.length, bytes: footer.touchedPages * 4096 };
  return { kind: 'trace', name: 't', ...place, pace: 'clock', tickPs: 1000, accessPs: 1000, repeat: 1, ...change };
}

interface Made {
  readonly page: number;
  readonly write: number;
  readonly atNs: number;
}

/** Move to another program after so many batches each. */
interface Moves {
  readonly stops: readonly number[];
  elsewhere(): AccessProgram;
}

/** As a CPU hands a thread to another one, in the middle of a batch. */
function moveTo(there: AccessProgram, program: AccessProgram, batch: AccessBatch): [AccessProgram, AccessBatch] {
  const tape = new StateTape(new Float64Array(BATCH_WORDS + TRACE_PROGRAM_WORDS));
  tape.rewind();
  batch.save(tape, program.lists);
  program.save(tape);
  tape.rewind();
  const next = new AccessBatch();
  next.restore(tape, there.lists);
  there.restore(tape);
  if (there.runs !== undefined) next.runs = there.runs;
  return [there, next];
}

/** Run thread `thread` on a CPU without memory: an access takes its computing and `ACCESS_NS`. `summed`: batches that came as sums. */
function replay(workload: Workload, thread: number, moves?: Moves): { made: Made[]; endNs: number; summed: number } {
  let program = workload.program(thread, undefined as never);
  let summed = 0;
  let batch = new AccessBatch();
  const stops = [...(moves?.stops ?? [])];
  const made: Made[] = [];
  let ns = 0;
  for (;;) {
    program.next(batch, Math.floor(ns));
    if (batch.kind === BatchKind.exit) return { made, endNs: ns, summed };
    if (batch.kind === BatchKind.sleep) {
      expect(batch.untilNs).toBeGreaterThan(Math.floor(ns));
      ns = batch.untilNs;
      continue;
    }
    if (moves !== undefined && stops.length > 0 && stops[0]-- === 0) {
      stops.shift();
      [program, batch] = moveTo(moves.elsewhere(), program, batch);
    }
    if (batch.kind === BatchKind.sums) {
      const sums = sumsOf(batch);
      program.unfold?.(batch);
      expect(sums).toEqual(sumsOf(batch));
      summed++;
      if (moves !== undefined && summed % 2 === 0) [program, batch] = moveTo(moves.elsewhere(), program, batch);
    }
    expect(batch.kind).toBe(BatchKind.runs);
    for (let run = batch.cursor; run < batch.end; run++) {
      const { refs, counts, spans, region, page } = batch.runs;
      const place = refs[run] >>> 1;
      const first = (workload.regions[region[place]].at as number) / 4096 + page[place];
      for (let i = 0; i < counts[run] * spans[run]; i++) {
        made.push({ page: first + Math.floor(i / counts[run]), write: refs[run] & 1, atNs: ns });
        ns += batch.computePs / 1000 + ACCESS_NS;
      }
    }
  }
}

/** By page and kind, in the order of the first accesses. */
function sumsOf({ runs: { refs, counts, region, page }, cursor, end }: AccessBatch): [string, number][] {
  const sums = new Map<string, number>();
  for (let i = cursor; i < end; i++) {
    const place = refs[i] >>> 1;
    const name = `${region[place]}/${page[place]}/${refs[i] & 1}`;
    sums.set(name, (sums.get(name) ?? 0) + counts[i]);
  }
  return [...sums];
}

const key = ({ page, write }: { page: number; write: number }) => `${page}/${write}`;
/** The same thread from a trace without outlines. */
function inOrder(file: string, spec: TraceSpec): { made: Made[]; endNs: number } {
  const trace = TraceFile.open(file);
  const blocks = trace.blocks.map(({ header, offset }) => ({ header, offset }));
  const bare = Object.create(trace, { blocks: { value: blocks } }) as TraceFile;
  const workload = { ...traceWorkload(spec), program: () => new TraceProgram(bare, 0, { spec, ...traceSpan(trace) }) };
  const { made, endNs, summed } = replay(workload, 0);
  expect(summed).toBe(0);
  return { made, endNs };
}

const countsOf = (list: readonly { page: number; write: number }[]) => {
  const counts = new Map<string, number>();
  for (const access of list) counts.set(key(access), (counts.get(key(access)) ?? 0) + 1);
  return counts;
};

describe('replay of a trace', () => {
  it('makes the accesses of each thread, as many as there were, at the pages where they were', async () => {
    await fc.assert(
      fc.asyncProperty(
        accesses,
        fc.constantFrom('pages' as const, 'full' as const),
        fc.integer({ min: 1, max: 3 }),
        (list, detail, repeat) =>
          withTempDir(async (dir) => {
            const workload = buildWorkload(specOf(await writeTrace(dir, list, { detail }), { repeat }), traceWorkload);
            const tids = [...new Set(list.map(({ tid }) => tid))];
            expect(workload.nrThreads).toBe(tids.length);
            tids.forEach((tid, thread) => {
              const own = byPage(list.filter((access) => access.tid === tid));
              const { made } = replay(workload, thread);
              expect(countsOf(made)).toEqual(countsOf(Array.from({ length: repeat }, () => own).flat()));
              if (detail === 'full') expect(made.slice(0, own.length).map(key)).toEqual(own.map(key));
            });
          }),
      ),
      { numRuns: 60 },
    );
  });

  it('full traces of few pages come as sums, and are the same accesses at the same times as in order', async () => {
    let summed = 0;
    const step = fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom(0, 1, 3) },
      { weight: 1, arbitrary: fc.constantFrom(900, 4_000, 20_000) },
    );
    const busy = fc.array(fc.record({ page: fc.nat({ max: 4 }), write: fc.constantFrom(0 as const, 1 as const), step }), {
      minLength: 30,
      maxLength: 400,
    });
    await fc.assert(
      fc.asyncProperty(busy, fc.constantFrom('clock' as const, 'fast' as const), fc.array(fc.nat({ max: 5 })), (steps, pace, stops) =>
        withTempDir(async (dir) => {
          let clock = 0;
          const list = steps.map(({ page, write, step }): Access => {
            clock += step;
            return { tid: 1, address: page * 4096, size: 8, write, clock };
          });
          const file = await writeTrace(dir, list, { detail: 'full' });
          const spec = specOf(file, { pace, repeat: 2 });
          const moves = { stops, elsewhere: () => traceWorkload(spec).program(0, undefined as never) };
          const { made, endNs, ...sums } = replay(traceWorkload(spec), 0, moves);
          expect({ made, endNs }).toEqual(inOrder(file, spec));
          summed += sums.summed;
        }),
      ),
      { numRuns: 100 },
    );
    expect(summed).toBeGreaterThan(20);
  });

  const paced = Array.from({ length: 400 }, (_, i): Access => {
    // 100 accesses in each of two busy spells of 20 us, a pause of 1 ms between them.
    const clock = (i < 200 ? 0 : 1_000_000) + (i % 200) * 100;
    return { tid: 1, address: 0x1000_0000 + (i % 7) * 4096, size: 8, write: 0, clock };
  });

  it('by the clock: each window is when the trace says, whatever its accesses cost, and pauses are pauses', () =>
    withTempDir(async (dir) => {
      for (const [tickPs, detail] of [
        [1000, 'pages'],
        [1000, 'full'],
        [4000, 'pages'],
        [500, 'full'],
      ] as const) {
        const workload = buildWorkload(specOf(await writeTrace(dir, paced, { detail }), { tickPs }), traceWorkload);
        const { made, endNs } = replay(workload, 0);
        made.forEach(({ atNs }, i) => {
          // A full trace goes by pieces of 10,000 ticks at most.
          expect(Math.abs(atNs - (paced[i].clock * tickPs) / 1000)).toBeLessThanOrEqual((10_000 * tickPs) / 1000 + 1000);
        });
        expect(workload.durationNs).toBeCloseTo((1_019_900 * tickPs) / 1000, 0);
        expect(Math.abs(endNs - workload.durationNs)).toBeLessThan((10_000 * tickPs) / 1000);
      }
    }));

  it('as fast as possible: one access after the other', () =>
    withTempDir(async (dir) => {
      const workload = buildWorkload(specOf(await writeTrace(dir, paced), { pace: 'fast', accessPs: 4000, repeat: 2 }), traceWorkload);
      const { made, endNs } = replay(workload, 0);
      expect([made.length, endNs]).toEqual([800, 800 * (4 + ACCESS_NS)]);
    }));

  it('goes on where it was put down, on another thread that has read nothing yet', async () => {
    await fc.assert(
      fc.asyncProperty(accesses, fc.array(fc.nat({ max: 20 })), fc.constantFrom('pages' as const, 'full' as const), (list, stops, detail) =>
        withTempDir(async (dir) => {
          const spec = specOf(await writeTrace(dir, list, { detail }), { repeat: 2 });
          const whole = replay(traceWorkload(spec), 0);
          const moved = replay(traceWorkload(spec), 0, { stops, elsewhere: () => traceWorkload(spec).program(0, undefined as never) });
          expect(moved).toEqual(whole);
        }),
      ),
      { numRuns: 60 },
    );
  });

  it('a file that has changed since, or is damaged, is refused', () =>
    withTempDir(async (dir) => {
      const spec = specOf(await writeTrace(dir, paced));
      await writeTrace(dir, paced.slice(1));
      expect(() => traceWorkload(spec)).toThrow(/not the trace that the scenario means/);
    }));

  it('a block that turns out to be damaged ends the run with its place', () =>
    withTempDir(async (dir) => {
      const file = await writeTrace(dir, paced);
      const workload = traceWorkload(specOf(file));
      const [block] = TraceFile.open(file).blocks;
      const bytes = readFileSync(file);
      bytes[block.offset + 70] ^= 1;
      writeFileSync(file, bytes);
      expect(() => replay(workload, 0)).toThrow(RunError);
      expect(() => replay(workload, 0)).toThrow(`damaged at byte ${block.offset}`);
    }));
});
