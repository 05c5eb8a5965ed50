import { assert, NS_PER_SEC, PAGE_BYTES } from '@damonlab/base';
import { type DamonContext, type DamonOperations, DEFAULT_HZ } from '@damonlab/damon';
import { CountOnly } from '@damonlab/damon-ops';
import { Damos, type DamosMetrics, damosProfile, type Scheme, type SchemeConfig } from '@damonlab/damos';
import type { Memory, Topology } from '@damonlab/mm';
import type { SchemeRow, TriedRegionRow } from '@damonlab/record';

export interface SchemeParts {
  readonly kernel: '7.3' | '6.12';
  readonly schemes: readonly SchemeConfig[];
  readonly ops: DamonOperations;
  readonly memory: Memory;
  readonly topology: Topology;
  readonly nowNs: () => number;
  readonly onRound: (row: SchemeRow) => void;
  readonly onTried: (rows: readonly TriedRegionRow[]) => void;
}

/** Tried regions are looked at this often, as a user would who asks for them again and again. */
const LOOK_EVERY_NS = NS_PER_SEC;

/** The schemes of the machine's kdamond: what they know of the machine, and what the run keeps of them. */
export class SchemeHost {
  readonly damos: Damos;
  readonly #parts: SchemeParts;
  #nextLookNs = 0;

  constructor(parts: SchemeParts) {
    const { kernel, schemes, ops, memory, topology, nowNs } = parts;
    this.#parts = parts;
    this.damos = new Damos({
      schemes,
      profile: damosProfile(kernel),
      ops: new CountOnly(ops),
      metrics: metricsOf(memory, topology),
      clock: { hz: DEFAULT_HZ, nowNs },
      hooks: { onStat: (index, scheme) => parts.onRound(rowOf(parts.nowNs(), index, scheme)) },
    });
  }

  /** Before the kdamond acts: look at tried regions if it is time. */
  wake(): void {
    const startNs = this.#parts.nowNs();
    if (startNs < this.#nextLookNs) return;
    const rows: Omit<TriedRegionRow, 'startNs' | 'endNs'>[] = [];
    const refused = this.damos.walk(
      (scheme, { targetIndex, ...region }, szFilterPassed) => rows.push({ scheme, targetId: targetIndex, ...region, szFilterPassed }),
      (result) => {
        const endNs = this.#parts.nowNs();
        if (result === 'complete') this.#parts.onTried(rows.map((row) => ({ startNs, endNs, ...row })));
      },
    );
    if (refused === undefined) this.#nextLookNs = startNs + LOOK_EVERY_NS;
  }

  commit(ctx: DamonContext, schemes: readonly SchemeConfig[]): void {
    this.damos.commit(ctx, schemes);
  }
}

function rowOf(atNs: number, index: number, { config, stats, quota }: Scheme): SchemeRow {
  return { atNs, scheme: index, action: config.action, ...stats, effectiveBytes: quota.esz };
}

/** What the machine can measure. Scenarios whose goals need more are refused. */
function metricsOf(memory: Memory, topology: Topology): DamosMetrics {
  const nodeMemory = (nid: number) => ({
    freePages: memory.frames.freeFrames(nid),
    totalPages: topology.nodes[nid].memoryBytes / PAGE_BYTES,
  });
  const unmeasured = (metric: string) => (): never => assert(false, `${metric} is not measured`) as never;
  return {
    memory: () => {
      const nodes = topology.nodes.map((_, nid) => nodeMemory(nid));
      return {
        freePages: nodes.reduce((sum, { freePages }) => sum + freePages, 0),
        totalPages: nodes.reduce((sum, { totalPages }) => sum + totalPages, 0),
      };
    },
    nodeMemory: (nid) => (nid < topology.nodes.length ? nodeMemory(nid) : undefined),
    memcgPages: () => undefined,
    hasMemcg: () => false,
    lruPages: unmeasured('the size of the LRU lists'),
    someMemPsiUs: unmeasured('PSI'),
  };
}
