import type { Clock, MachineObserver } from '@damonlab/machine';
import {
  type AccessTruthWindow,
  type AttributionWindow,
  type CpuCounters,
  newManifest,
  noTables,
  type PhaseRecord,
  type Run,
  type RunCounters,
  type RunDescription,
  type RunTables,
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
  readonly #snapshots: Snapshot[] = [];
  readonly #truth: TruthWindow[] = [];
  readonly #phases: PhaseRecord[] = [];
  readonly #cpuCounters: CpuCounters[] = [];
  readonly #attribution: AttributionWindow[] = [];
  readonly #accessTruth: AccessTruthWindow[] = [];
  readonly #tables = noTables();
  #run: Run | undefined;

  constructor(scenario: ResolvedScenario, clock: Clock = 'virtual') {
    this.#description = describeRun(scenario, clock);
  }

  /** The run once it has ended, undefined before. */
  get run(): Run | undefined {
    return this.#run;
  }

  snapshot(snapshot: Snapshot): void {
    this.#snapshots.push(snapshot);
  }

  truth(window: TruthWindow): void {
    this.#truth.push(window);
  }

  phase(phase: PhaseRecord): void {
    this.#phases.push(phase);
  }

  cpuCounters(counters: CpuCounters): void {
    this.#cpuCounters.push(counters);
  }

  attribution(window: AttributionWindow): void {
    this.#attribution.push(window);
  }

  accessTruth(window: AccessTruthWindow): void {
    this.#accessTruth.push(window);
  }

  rows<Name extends TableName>(table: Name, rows: readonly RunTables[Name][]): void {
    const list: RunTables[Name][] = this.#tables[table];
    for (const row of rows) list.push(row);
  }

  /** As `RunWriter.amend`. */
  amend(description: RunDescription): void {
    this.#description = description;
  }

  async finish(counters: RunCounters, summarise?: Summarise): Promise<void> {
    this.#end('complete', null, counters, summarise);
  }

  async interrupt(reason: string, counters: RunCounters = {}, summarise?: Summarise): Promise<void> {
    this.#end('interrupted', reason, counters, summarise);
  }

  async fail(reason: string, counters: RunCounters = {}, summarise?: Summarise): Promise<void> {
    this.#end('failed', reason, counters, summarise);
  }

  #end(state: Run['state'], reason: string | null, counters: RunCounters, summarise: Summarise | undefined): void {
    const description = this.#description;
    const { name, intervals } = description;
    const targets = [...new Set(this.#snapshots.map((snapshot) => snapshot.targetId))].sort((a, b) => a - b);
    this.#run = {
      path: '(memory)',
      name,
      state,
      reason,
      manifest: { ...newManifest(description), state: state === 'incomplete' ? 'running' : state },
      intervals,
      targets,
      snapshots: this.#snapshots,
      truth: this.#truth,
      phases: this.#phases,
      cpuCounters: this.#cpuCounters,
      attribution: this.#attribution,
      accessTruth: this.#accessTruth,
      tables: this.#tables,
      counters,
    };
    summarise?.(this.#run);
  }
}
