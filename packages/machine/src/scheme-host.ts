import { NS_PER_SEC } from '@damonlab/base';
import { type DamonContext, DEFAULT_HZ } from '@damonlab/damon';
import { Damos, type DamosMetrics, type DamosOperations, damosProfile, type Scheme, type SchemeConfig } from '@damonlab/damos';
import type { SchemeRow, TriedRegionRow } from '@damonlab/record';

export interface SchemeParts {
  readonly kernel: '7.3' | '6.12';
  readonly schemes: readonly SchemeConfig[];
  /** What the actions do; it tells `spend` what that costs. */
  readonly ops: (spend: Spend) => DamosOperations;
  readonly metrics: DamosMetrics;
  /** When the kdamond woke up, ns. */
  readonly nowNs: () => number;
  readonly onRound: (row: SchemeRow) => void;
  readonly onTried: (rows: readonly TriedRegionRow[]) => void;
}

/** Work of the kdamond on an action, whole ns: its clock goes on, so that the time quota counts it, and it wakes up so much later. */
export type Spend = (ns: number) => void;

/** Tried regions are looked at this often, as a user would who asks for them again and again. */
const LOOK_EVERY_NS = NS_PER_SEC;

/** The schemes of the machine's kdamond: what they know of the machine, and what the run keeps of them. */
export class SchemeHost {
  readonly damos: Damos;
  readonly #parts: SchemeParts;
  #nextLookNs = 0;
  /** What actions took since the kdamond woke up, ns. */
  #spentNs = 0;

  constructor(parts: SchemeParts) {
    const { kernel, schemes, ops, metrics } = parts;
    this.#parts = parts;
    this.damos = new Damos({
      schemes,
      profile: damosProfile(kernel),
      ops: ops((ns) => {
        this.#spentNs += ns;
      }),
      metrics,
      clock: { hz: DEFAULT_HZ, nowNs: () => parts.nowNs() + this.#spentNs },
      hooks: { onStat: (index, scheme) => parts.onRound(rowOf(parts.nowNs() + this.#spentNs, index, scheme)) },
    });
  }

  /** What actions took in this wake-up, ns. Forgets it. */
  takeSpentNs(): number {
    const spentNs = this.#spentNs;
    this.#spentNs = 0;
    return spentNs;
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
