import { BlockColumns, DecodedBlock } from '../block-codec.js';
import type { BlockHeader } from '../format.js';
import type { MapEvent, TraceFooter } from '../meta.js';
import { PageIndex } from '../page-index.js';
import type { TraceFile } from '../trace-file.js';
import { TraceWriter } from '../trace-writer.js';
import { type EditControl, steps } from './control.js';

/** What to keep of a trace; what is left out is not limited. Ranges are half open. */
export interface CutOptions {
  /** Ticks since the trace began. */
  readonly fromTick?: number;
  readonly toTick?: number;
  /** Thread numbers, as `trace info` shows them. */
  readonly threads?: readonly number[];
  /** Addresses. */
  readonly start?: number;
  readonly end?: number;
}

/** Inclusive bounds of a record, in the units of blocks. */
interface Bounds {
  readonly firstClock: number;
  readonly endClock: number;
  readonly firstPage: number;
  readonly endPage: number;
}

/**
 * Write the part of a trace that `options` ask for, block by block. Of a damaged trace that is what is good, so a cut without
 * limits repairs it. Threads keep their order; those without accesses are left out.
 */
export async function cutTrace(
  trace: TraceFile,
  output: string,
  options: CutOptions,
  firstClock: number,
  control: EditControl = {},
): Promise<TraceFooter> {
  const writer = new TraceWriter(output, trace.head);
  try {
    const bounds = boundsOf(options, firstClock);
    if (trace.maps.length > 0) writer.maps(mapsWithin(trace.maps, options));
    writer.tally.lost.push(...trace.footer.lost, ...trace.damage);
    writer.tally.skippedAccesses = trace.footer.skippedAccesses;
    const numbers = new Map<number, number>();
    const decoded = new DecodedBlock();
    for (const { block } of steps([trace], control)) {
      const { header } = block;
      if (options.threads?.includes(header.thread) === false) continue;
      if (header.endClock < bounds.firstClock || header.firstClock >= bounds.endClock) continue;
      decoded.decode(trace.readWhole(block), header.flags, header.nrRecords);
      const kept = keep(decoded, header, bounds);
      if (kept === undefined) continue;
      if (!numbers.has(header.thread)) numbers.set(header.thread, numbers.size);
      writer.accesses({ ...kept.header, thread: numbers.get(header.thread) as number }, kept.payload);
      await writer.drained();
    }
    return await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

function boundsOf({ fromTick = 0, toTick = Number.POSITIVE_INFINITY, start = 0, end = 2 ** 63 }: CutOptions, origin: number): Bounds {
  return { firstClock: origin + fromTick, endClock: origin + toTick, firstPage: Math.floor(start / 4096), endPage: Math.ceil(end / 4096) };
}

function mapsWithin(maps: readonly MapEvent[], { start = 0, end = Number.POSITIVE_INFINITY }: CutOptions): MapEvent[] {
  return maps.filter((event) => event.start < end && event.end > start);
}

/** The records of a block that are within bounds, as a block; undefined if there are none. Ranges of pages are kept whole. */
function keep(block: DecodedBlock, header: BlockHeader, bounds: Bounds): { header: BlockHeader; payload: Uint8Array } | undefined {
  const columns = new BlockColumns();
  const index = new PageIndex();
  const kept = { ...header, reads: 0, writes: 0, nrRecords: 0, firstClock: -1 };
  let clock = header.firstClock;
  let last = 0;
  for (let i = 0; i < block.nrRecords; i++) {
    clock += block.ticks[i];
    const page = block.pages[block.refs[i] >>> 1];
    if (clock < bounds.firstClock || clock >= bounds.endClock) continue;
    if (page + block.spans[i] <= bounds.firstPage || page >= bounds.endPage) continue;
    if (kept.firstClock < 0) {
      kept.firstClock = clock;
      last = clock;
    }
    addRecord(columns, index, block, i, clock - last);
    last = clock;
    const accesses = block.counts[i] * block.spans[i];
    if ((block.refs[i] & 1) === 1) kept.writes += accesses;
    else kept.reads += accesses;
  }
  if (columns.nrRecords === 0) return undefined;
  const payload = columns.payload(header.flags);
  kept.nrRecords = columns.nrRecords;
  kept.endClock = Math.min(header.endClock, Math.max(last, bounds.endClock));
  return { header: kept, payload };
}

function addRecord(columns: BlockColumns, index: PageIndex, block: DecodedBlock, i: number, ticks: number): void {
  const page = block.pages[block.refs[i] >>> 1];
  let at = index.get(page);
  if (at < 0) {
    at = columns.page(page);
    index.set(page, at);
  }
  columns.refs.varint(2 * at + (block.refs[i] & 1));
  columns.ticks.varint(ticks);
  columns.counts.varint(block.counts[i] - 1);
  columns.spans.varint(block.spans[i] - 1);
  if (block.places.length > 0) columns.places.u16(block.places[i]);
  columns.nrRecords++;
}
