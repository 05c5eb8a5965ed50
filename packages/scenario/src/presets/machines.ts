import { NS_PER_MS } from '@damonlab/base';
import { defaultMasimOptions, type MasimOptions } from '@damonlab/workload';
import type { KdamondCost, NumaCost } from '../resolved.js';
import { ORACLE } from './oracle.js';

/** What a scenario that says nothing about a key gets. Names of presets stand for what they name. */
export interface MachinePreset {
  readonly topology: string;
  readonly tlb: string;
  readonly thp: 'never' | 'always';
  readonly kdamond: KdamondCost;
  readonly masim: MasimOptions;
  readonly walkNs: number;
  readonly faultNs: number;
  readonly hintFaultNs: number;
  readonly shootdownNs: number;
  readonly contextSwitchNs: number;
  readonly sliceNs: number;
  readonly timerGranularityNs: number;
  readonly epochMaxNs: number;
  readonly backgroundSwitchNs: number;
  readonly numa: NumaCost;
  /** A scheme's action looks at a folio. */
  readonly lookNs: number;
  /** Of removing arms: looking at an entry, changing one. */
  readonly uninstall: { readonly walkNs: number; readonly changeNs: number };
}

/** A present-day server in round numbers. The kdamond has a CPU of its own, as on a machine that is not fully busy. */
const SERVER: MachinePreset = {
  topology: '1-node',
  tlb: 'skylake',
  thp: 'never',
  // A timer wake-up takes some µs; a sample is two page-table walks under a lock, of which some cache lines miss.
  kdamond: { cpu: null, wakeNs: 4_000, mappedNs: 800, holeNs: 300, aggregateNs: 200, armNs: 1_500 },
  masim: defaultMasimOptions,
  // The four levels mostly hit the page-walk caches; what remains is one cached load.
  walkNs: 20,
  // An anonymous first touch, most of it clearing the page.
  faultNs: 1_000,
  // A minor fault that finds its page: entry, locks, one changed entry.
  hintFaultNs: 700,
  // An interrupt that drops some translations.
  shootdownNs: 500,
  contextSwitchNs: 2_000,
  // @kernel kernel/sched/fair.c sysctl_sched_base_slice (7.3): 0.7 ms, times 4 from 8 CPUs on
  sliceNs: 2_800_000,
  timerGranularityNs: 1,
  epochMaxNs: 10 * NS_PER_MS,
  backgroundSwitchNs: 0,
  // Moving a page: unmap, copy 4 KiB between nodes, map, on the fault path. Arming in bulk is a cached load and store per entry.
  numa: { migrateNs: 3_000, scanPteNs: 40, scanPageNs: 2, scanChunkNs: 3_000 },
  // A walk over neighbours and the folio's flags, from memory.
  lookNs: 50,
  uninstall: { walkNs: 4, changeNs: 40 },
};

export const DEFAULT_MACHINE = 'server';

/** Whole machines by name, for `machine:`. */
export const MACHINE_PRESETS: ReadonlyMap<string, MachinePreset> = new Map([
  [DEFAULT_MACHINE, SERVER],
  ['oracle', { ...SERVER, ...ORACLE }],
]);
