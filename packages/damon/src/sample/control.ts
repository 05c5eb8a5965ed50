import { UserError } from '@damonlab/base';
import type { ReportChannelKind } from './channels.js';
import type { FilterRule, SampleFilter } from './filters.js';
import { checkIds, type KnownIds } from './id-list.js';

const PRIMITIVES = ['page_table', 'page_fault', 'sampled_accesses'] as const;
const CHANNELS: readonly ReportChannelKind[] = ['per_cpu_rings', 'single_array'];
const RULES: readonly FilterRule[] = ['damos', 'literal'];
const FILTER_TYPES: readonly SampleFilter['type'][] = ['cpumask', 'threads', 'write'];

/** An interrupt for nothing would have room for any number of samples. */
const LEAST_SAMPLE_COST_NS = 50;

/** How a context learns of accesses: Accessed bits, hinting faults, or one access in N as hardware reports it. */
export type SamplePrimitive = (typeof PRIMITIVES)[number];

/** How a context samples. @kernel include/linux/damon.h struct damon_sample_control (damon/next); the last six are ours */
export interface SampleControl {
  readonly primitive: SamplePrimitive;
  /** Which reports count, in order. Empty: all. Accessed bits make no reports, so with page_table it has to be empty. */
  readonly filters: readonly SampleFilter[];
  readonly filterRule: FilterRule;
  /** page_fault: disarm at each check what was not touched, so that at most one page per region is armed. The posted code does not. */
  readonly disarmAtCheck: boolean;
  readonly channel: ReportChannelKind;
  /** sampled_accesses: one access in so many is reported, per CPU. */
  readonly sampledEvery: number;
  /** sampled_accesses: the interrupt that a sample costs its CPU, ns. */
  readonly sampleCostNs: number;
  /** Whether the machine can sample accesses; a virtual machine often cannot. */
  readonly available: boolean;
}

/** What the kernel does without sample_control. */
export const DEFAULT_SAMPLE_CONTROL: SampleControl = {
  primitive: 'page_table',
  filters: [],
  filterRule: 'damos',
  disarmAtCheck: true,
  channel: 'per_cpu_rings',
  sampledEvery: 10_000,
  sampleCostNs: 2_000,
  available: true,
};

/** What filters may name. */
export interface KnownReporters {
  readonly cpus: KnownIds;
  readonly tids: KnownIds;
}

/**
 * Throws a `UserError` that names the key under `where`: values outside their ranges, CPUs or threads that are not there, filters
 * where there is nothing to filter.
 */
export function checkSampleControl(control: SampleControl, known: KnownReporters, where = 'sample_control'): void {
  checkWord(control.primitive, PRIMITIVES, `${where}: primitive`);
  checkWord(control.channel, CHANNELS, `${where}: channel`);
  checkWord(control.filterRule, RULES, `${where}: filter_rule`);
  checkFlag(control.disarmAtCheck, `${where}: disarm_at_check`);
  if (!Number.isSafeInteger(control.sampledEvery) || control.sampledEvery < 1) {
    throw new UserError('bad sampling rate', {
      where: `${where}: sampled_every`,
      expected: 'a whole number of accesses, at least 1',
      actual: String(control.sampledEvery),
    });
  }
  if (!Number.isSafeInteger(control.sampleCostNs) || control.sampleCostNs < LEAST_SAMPLE_COST_NS) {
    throw new UserError('bad cost of a sample', {
      where: `${where}: sample_cost`,
      expected: `at least ${LEAST_SAMPLE_COST_NS} ns`,
      actual: `${control.sampleCostNs} ns`,
    });
  }
  checkFlag(control.available, `${where}: available`);
  if (control.primitive === 'sampled_accesses' && !control.available) {
    throw new UserError('EOPNOTSUPP: this machine cannot sample accesses', {
      where: `${where}: primitive`,
      expected: 'page_table or page_fault where available is off, as in a virtual machine without a PMU',
      actual: 'sampled_accesses',
    });
  }
  if (control.primitive === 'page_table' && control.filters.length > 0) {
    throw new UserError('Accessed bits do not say who made an access: there is nothing to filter', {
      where: `${where}: sample_filters`,
      expected: 'no filters with primitive page_table',
      actual: `${control.filters.length} filters`,
      hint: 'choose primitive page_fault or sampled_accesses',
    });
  }
  control.filters.forEach((filter, i) => {
    checkFilter(filter, known, `${where}: sample_filters/${i}`);
  });
}

/**
 * The one primitive of damo's `primitives_enabled`. Throws `UserError` when none is enabled or more than one: the kernel's
 * primitives disturb each other.
 */
export function primitiveOf(enabled: Readonly<Partial<Record<SamplePrimitive, boolean>>>, where = 'sample_control'): SamplePrimitive {
  const chosen = PRIMITIVES.filter((primitive) => enabled[primitive] === true);
  if (chosen.length === 1) return chosen[0];
  throw new UserError(chosen.length === 0 ? 'no access-check primitive is enabled' : 'primitives exclude each other', {
    where: `${where}: primitives_enabled`,
    expected: `exactly one of ${PRIMITIVES.join(', ')}`,
    actual: chosen.length === 0 ? 'none' : chosen.join(', '),
  });
}

/**
 * The context that gets the machine's hinting faults, or undefined. Throws `UserError` when a second one wants them.
 *
 * @kernel -EBUSY of damon_start (May 2026 series)
 */
export function pageFaultOwner(contexts: readonly { readonly name: string; readonly control: SampleControl }[]): string | undefined {
  const [owner, second] = contexts.filter(({ control }) => control.primitive === 'page_fault');
  if (second === undefined) return owner?.name;
  throw new UserError(`EBUSY: ${owner.name} owns the page-fault reports`, {
    where: `${second.name}: sample_control: primitive`,
    expected: 'at most one context with page_fault',
    actual: 'page_fault',
  });
}

function checkFilter(filter: SampleFilter, known: KnownReporters, where: string): void {
  checkWord(filter.type, FILTER_TYPES, `${where}: filter_type`);
  checkFlag(filter.matching, `${where}: matching`);
  checkFlag(filter.allow, `${where}: allow`);
  if (filter.type === 'cpumask') checkIds(filter.cpus, 'CPU', known.cpus, `${where}: cpumask`);
  if (filter.type === 'threads') checkIds(filter.tids, 'thread', known.tids, `${where}: tid_arr`);
}

function checkWord(value: string, words: readonly string[], where: string): void {
  if (words.includes(value)) return;
  throw new UserError('unknown word', { where, expected: `one of ${words.join(', ')}`, actual: String(value) });
}

function checkFlag(value: boolean, where: string): void {
  if (typeof value === 'boolean') return;
  throw new UserError('not a yes or no', { where, expected: 'true or false', actual: JSON.stringify(value) });
}
