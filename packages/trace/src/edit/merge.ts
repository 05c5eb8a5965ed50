import { UserError } from '@damonlab/base';
import type { TraceFooter, TraceHead } from '../meta.js';
import type { TraceFile } from '../trace-file.js';
import { traceSpan } from '../trace-workload.js';
import { TraceWriter } from '../trace-writer.js';
import { type EditControl, steps } from './control.js';

/**
 * Put traces of parts of one program (its threads, one by one) together to one trace: one address space, all threads, each
 * trace beginning at 0 unless `keepClocks`. Blocks are copied as they are.
 *
 * @throws UserError if the traces do not fit together or one of them is damaged
 */
export async function mergeTraces(
  traces: readonly TraceFile[],
  output: string,
  { keepClocks = false, ...control }: { readonly keepClocks?: boolean } & EditControl = {},
): Promise<TraceFooter> {
  const [first] = traces;
  if (first === undefined) throw new UserError('nothing to merge', { expected: 'one trace or more' });
  for (const trace of traces) checkFits(trace, first);
  const writer = new TraceWriter(output, mergedHead(traces));
  try {
    for (const trace of traces) {
      if (trace.maps.length > 0) writer.maps(trace.maps);
      writer.tally.lost.push(...trace.footer.lost);
      writer.tally.skippedAccesses += trace.footer.skippedAccesses;
    }
    for (const { index, trace, block } of steps(traces, control)) {
      const shift = keepClocks ? 0 : traceSpan(trace).firstClock;
      const { firstClock, endClock } = block.header;
      const thread = block.header.thread + threadsBefore(traces, index);
      writer.accesses({ ...block.header, thread, firstClock: firstClock - shift, endClock: endClock - shift }, trace.readWhole(block));
      await writer.drained();
    }
    return await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

function threadsBefore(traces: readonly TraceFile[], index: number): number {
  return traces.slice(0, index).reduce((sum, { footer }) => sum + footer.threads.length, 0);
}

function mergedHead(traces: readonly TraceFile[]): TraceHead {
  const each = (key: 'source' | 'command') => [...new Set(traces.map(({ head }) => head[key]))].join(' + ');
  const windowTicks = Math.max(...traces.map(({ head }) => head.windowTicks));
  return { ...traces[0].head, source: each('source'), command: each('command'), windowTicks };
}

function checkFits(trace: TraceFile, first: TraceFile): void {
  const of = ({ head }: TraceFile) => `detail ${head.detail}, clock in ${head.tick}s`;
  if (of(trace) !== of(first)) {
    throw new UserError('traces of different kinds', {
      where: trace.file,
      expected: `${of(first)}, as in ${first.file}`,
      actual: of(trace),
    });
  }
  if (trace.damage.length === 0 && trace.footer.threads.length > 0) return;
  const hint = '`damonlab trace cut` saves what is good';
  throw new UserError('a trace that is damaged or empty', { where: trace.file, actual: trace.damage[0] ?? 'no threads', hint });
}
