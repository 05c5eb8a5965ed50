import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a group of real runs was set up, under the names of its recorder. */
export interface Setup {
  /** File in `workloads/`, without its extension; `sparse-8g` is a synthetic pattern. */
  readonly workload: string;
  readonly thp: 'never' | 'always';
  /** True: the TLB was flushed after each pass that cleared Accessed bits. False: never, and it held everything. */
  readonly tlb_flush_after_clear: boolean;
  /** Whether the workload paused after each batch. */
  readonly throttled: boolean;
  readonly sample_us: number;
  readonly aggr_us: number;
  readonly ops_update_us: number;
  readonly min_nr_regions: number;
  readonly max_nr_regions: number;
}

/** One value per run; null where the figure is undefined in a run. */
export type Figures = Readonly<Record<string, readonly (number | null)[]>>;

/** Real runs of one set-up. */
export interface MeasuredGroup {
  readonly kernel: '6.12' | '7.3';
  readonly name: string;
  readonly figures: Figures;
  /** Figures that the scenario was given: what they say was read off the real runs and declared. */
  readonly given?: readonly string[];
}

export interface Group extends MeasuredGroup {
  readonly setup: Setup;
}

type GroupFile = { readonly kernel: Group['kernel']; readonly groups: Record<string, { setup: Setup; figures: Figures }> };

/** All groups of real runs, those of 6.12 first. */
export function measuredGroups(): Group[] {
  return ['linux-6.12.json', 'linux-7.3.json'].flatMap((file) => {
    const { kernel, groups } = JSON.parse(readFileSync(pathOf(`data/${file}`), 'utf8')) as GroupFile;
    return Object.entries(groups).map(([name, { setup, figures }]) => ({ kernel, name, setup, figures }));
  });
}

/** Path of a file of this directory. */
export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
