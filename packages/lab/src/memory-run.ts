import type { Clock, MachineObserver } from '@damonlab/machine';
import {
  type AccessTruthWindow,
  type AttributionWindow,
  type CpuCounters,
  emptyRows,
  type Manifest,
  newManifest,
  type PhaseRecord,
  type Run,
  type RunCounters,
  type RunDescription,
  type RunTables,
  rowsOfKdamond,
  runOf,
  type Snapshot,
  type Summarise,
  type TableName,
  type TruthWindow,
} from '@damonlab/record';
import type { ResolvedScenario } from '@damonlab/scenario';
import { describeRun } from './describe-run.js';

/** A run that is kept in memory: for tests and for studies that only want its figures. */
export class MemoryRun implements MachineObserver {
  #description: RunDescription;
  readonly #rows = emptyRows();
  #run: Run | undefined;

  constructor(scenario: ResolvedScenario, clock: Clock = 'virtual') {
    this.#description = describeRun(scenario, clock);
  }

  /** The run once it has ended, undefined before. */
  get run(): Run | undefined {
    return this.#run;
  }

  snapshot(snapshot: Snapshot, kdamond = 0): void {
    rowsOfKdamond(this.#rows, kdamond).snapshots.push(snapshot);
  }

  truth(window: TruthWindow): void {
    this.#rows.truth.push(window);
  }

  phase(phase: PhaseRecord): void {
    this.#rows.phases.push(phase);
  }

  cpuCounters(counters: CpuCounters): void {
    this.#rows.cpuCounters.push(counters);
  }

  attribution(window: AttributionWindow, kdamond = 0): void {
    rowsOfKdamond(this.#rows, kdamond).attribution.push(window);
  }

  accessTruth(window: AccessTruthWindow): void {
    this.#rows.accessTruth.push(window);
  }

  rows<Name extends TableName>(table: Name, rows: readonly RunTables[Name][], kdamond = 0): void {
    const list: RunTables[Name][] = rowsOfKdamond(this.#rows, kdamond).tables[table];
    for (const row of rows) list.push(row);
  }

  /** As `RunWriter.amend`. */
  amend(description: RunDescription): void {
    this.#description = description;
  }

  async finish(counters: RunCounters, summarise?: Summarise): Promise<void> {
    this.#end({ state: 'complete' }, counters, summarise);
  }

  async interrupt(reason: string, counters: RunCounters = {}, summarise?: Summarise): Promise<void> {
    this.#end({ state: 'interrupted', reason }, counters, summarise);
  }

  async fail(reason: string, counters: RunCounters = {}, summarise?: Summarise): Promise<void> {
    this.#end({ state: 'failed', reason }, counters, summarise);
  }

  #end(ended: Pick<Manifest, 'state' | 'reason'>, counters: RunCounters, summarise: Summarise | undefined): void {
    this.#rows.counters = counters;
    this.#run = runOf('(memory)', { ...newManifest(this.#description), ...ended }, this.#rows);
    summarise?.(this.#run);
  }
}
