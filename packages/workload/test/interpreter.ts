import { AccessBatch, type AccessProgram, BatchKind } from '../src/index.js';

/** One access as the machine would make it, and when. */
export interface Access {
  readonly region: number;
  readonly page: number;
  /** Byte offset in the region, -1 for accesses by page. */
  readonly offset: number;
  readonly write: number;
  readonly phase: number;
  readonly atPs: number;
}

/** A CPU without TLB or memory: each access costs its instruction time and nothing else. */
export function interpret(program: AccessProgram, onAccess: (access: Access) => void, maxAccesses = Infinity): number {
  const batch = new AccessBatch();
  let ps = 0;
  let accesses = 0;
  for (;;) {
    program.next(batch, Math.floor(ps / 1000));
    if (batch.kind === BatchKind.exit || accesses >= maxAccesses) return ps;
    if (batch.kind === BatchKind.sleep) ps = Math.max(ps, batch.untilNs * 1000);
    if (batch.kind === BatchKind.compute) ps += batch.computePs;
    if (batch.kind !== BatchKind.sequence && batch.kind !== BatchKind.pages) continue;
    for (; batch.remaining > 0; batch.remaining--) {
      onAccess(step(batch, ps));
      ps += batch.computePs;
      accesses += 1;
    }
  }
}

function step(batch: AccessBatch, atPs: number): Access {
  const { region, write, phase } = batch;
  if (batch.kind === BatchKind.sequence) {
    batch.offset += batch.stride;
    if (batch.offset >= batch.bytes) batch.offset = 0;
    return { region, page: -1, offset: batch.offset, write, phase, atPs };
  }
  const page = batch.pages[batch.cursor] as number;
  batch.cursor += 1;
  if (batch.cursor === batch.end) batch.cursor = batch.begin;
  return { region, page, offset: -1, write, phase, atPs };
}
