import { noTables, type Run } from '@damonlab/record';

/** A complete run of which is known only what is given; tables too. */
export function bareRun({ tables, ...known }: Partial<Omit<Run, 'tables'>> & { readonly tables?: Partial<Run['tables']> }): Run {
  return {
    path: 'runs/test',
    name: 'test',
    state: 'complete',
    reason: null,
    manifest: null,
    intervals: null,
    targets: [],
    snapshots: [],
    truth: [],
    phases: [],
    cpuCounters: [],
    attribution: [],
    accessTruth: [],
    counters: {},
    tables: { ...noTables(), ...tables },
    ...known,
  };
}

/** A manifest of which only a part of the machine is looked at. */
export function manifestOf(machine: object): Run['manifest'] {
  return { scenario: { machine } } as unknown as Run['manifest'];
}
