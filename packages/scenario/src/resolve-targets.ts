import { type AddrRange, PAGE_BYTES, type PlaceOfKey, UserError } from '@damonlab/base';
import { alignRanges } from '@damonlab/damon';
import { memoryBytes, type Topology } from '@damonlab/mm';
import { closest } from './closest.js';
import type { Experiment, ExperimentMonitor } from './schema.js';

/** Where user space of x86 with four levels of page tables ends. */
const USER_SPACE_END = 2 ** 47;

export interface TargetsContext {
  readonly processes: Experiment['processes'];
  readonly topology: Topology;
  /** Where a key of the monitor stands. */
  readonly place: PlaceOfKey;
  readonly warn: (message: string) => void;
}

export interface ResolvedTargets {
  /** The processes that are targets; left out: all, in their order. */
  readonly targets?: readonly number[];
  /** By target; for paddr one list, of physical ranges. */
  readonly regions: readonly (readonly AddrRange[])[];
}

/**
 * What a kdamond watches: of processes, the ranges given; of physical memory, the ranges given, else a node's, else all.
 * @throws UserError for targets that are nobody, and for ranges that the kernel refuses, with its errno.
 */
export function resolveTargets(wanted: ExperimentMonitor, context: TargetsContext): ResolvedTargets {
  if (wanted.ops === 'paddr') return { regions: [physicalRanges(wanted, context)] };
  const { processes, place } = context;
  if (wanted.numa_node !== undefined) {
    throw new UserError('the memory of a node is physical', {
      where: place(['numa_node']),
      expected: 'ops paddr',
      actual: wanted.ops ?? 'vaddr',
    });
  }
  const targets = wanted.targets ?? [];
  const chosen = targets.some(({ process }) => process !== undefined) ? targets.map((_, i) => processOf(wanted, i, context)) : undefined;
  if (chosen === undefined && targets.length > processes.length) {
    throw new UserError('a target without a process', {
      where: place(['targets', processes.length]),
      expected: `at most ${processes.length} targets`,
      actual: String(targets.length),
      errno: 'EINVAL',
    });
  }
  const regions = targets.map((target) => target.regions ?? []);
  regions.forEach((ranges, target) => {
    checkRanges(ranges, target, context);
  });
  if (wanted.ops === 'fvaddr') checkGiven(regions, (chosen ?? processes).length, place);
  const all = chosen?.length === processes.length && chosen.every((process, i) => process === i);
  return { ...(chosen && !all && { targets: chosen }), regions };
}

/**
 * What a commit has each of the `nrTargets` targets watch. `context` is of the commit.
 * @throws UserError for ranges that the kernel refuses, and for targets that come or go
 */
export function resolveCommittedRanges(
  targets: readonly { readonly regions: readonly AddrRange[] }[],
  ops: 'vaddr' | 'fvaddr' | 'paddr',
  nrTargets: number,
  context: TargetsContext,
): readonly (readonly AddrRange[])[] {
  if (targets.length !== nrTargets) {
    throw new UserError('not modelled: targets that come or go online', {
      where: context.place(['targets']),
      expected: `${nrTargets}, one for each target; without regions it stays as it is`,
      actual: String(targets.length),
    });
  }
  targets.forEach(({ regions }, target) => {
    if (ops === 'paddr') checkPhysical(regions, context);
    else checkRanges(regions, target, context);
  });
  return targets.map(({ regions }) => regions);
}

/** The process that target `i` names, by its name or its number. */
function processOf({ targets = [] }: ExperimentMonitor, i: number, { processes, place }: TargetsContext): number {
  const { process: wanted } = targets[i];
  const found = typeof wanted === 'number' ? wanted : processes.findIndex(({ name }) => name !== undefined && name === wanted);
  const twice = targets.findIndex(({ process }) => process === wanted) < i;
  if (found >= 0 && found < processes.length && !twice) return found;
  const names = processes.map(({ name }, p) => name ?? String(p));
  const near = wanted === undefined ? undefined : closest(String(wanted), names);
  throw new UserError(twice ? 'a process that is a target already' : 'no such process', {
    where: place(['targets', i, 'process'], ['targets', i]),
    expected: `one of ${names.join(', ')}`,
    actual: wanted === undefined ? 'none, though other targets name theirs' : String(wanted),
    errno: 'EINVAL',
    ...(near === undefined ? {} : { hint: `did you mean \`${near}\`?` }),
  });
}

function checkGiven(regions: readonly (readonly AddrRange[])[], nrTargets: number, place: PlaceOfKey): void {
  const bare = Array.from({ length: nrTargets }, (_, i) => regions[i] ?? []).findIndex((ranges) => ranges.length === 0);
  if (bare < 0) return;
  throw new UserError('fvaddr watches given regions only', {
    where: place(['targets', bare], ['ops']),
    expected: `regions in targets[${bare}]`,
    actual: 'none',
  });
}

/**
 * The ranges of the one paddr target. Nodes have memory one behind the other; where no memory is, the kernel finds nothing accessed.
 * @kernel mm/damon/sysfs.c damon_sysfs_add_targets (7.3, 6.12): more than one target is -EINVAL
 */
function physicalRanges({ targets = [], numa_node: nid }: ExperimentMonitor, context: TargetsContext): readonly AddrRange[] {
  const { topology, place } = context;
  if (targets.length > 1) {
    throw new UserError('more than one target for physical memory', {
      where: place(['targets', 1]),
      expected: 'one target: paddr watches the machine, not its processes',
      actual: `${targets.length} targets`,
      errno: 'EINVAL',
    });
  }
  const given = targets[0]?.regions ?? [];
  checkPhysical(given, context);
  if (nid === undefined) return given.length > 0 ? given : [{ start: 0, end: memoryBytes(topology) }];
  if (nid < topology.nodes.length && given.length === 0) return [nodeRange(topology, nid)];
  throw new UserError(given.length > 0 ? 'regions and a node' : 'no such node', {
    where: place(['numa_node']),
    expected: given.length > 0 ? 'one of both' : `0 to ${topology.nodes.length - 1}`,
    actual: String(nid),
  });
}

function checkPhysical(given: readonly AddrRange[], context: TargetsContext): void {
  const { topology, place, warn } = context;
  const end = memoryBytes(topology);
  checkRanges(given, 0, context);
  const beyond = given.findIndex((range) => range.end > end);
  if (beyond < 0) return;
  const where = place(['targets', 0, 'regions', beyond, 'end'], ['targets']);
  warn(`${where}: the memory of topology ${topology.name} ends at ${end}: what lies behind is watched, and never accessed`);
}

function nodeRange({ nodes }: Topology, nid: number): AddrRange {
  const start = nodes.slice(0, nid).reduce((sum, { memoryBytes: bytes }) => sum + bytes, 0);
  return { start, end: start + nodes[nid].memoryBytes };
}

function checkRanges(ranges: readonly AddrRange[], target: number, { place }: TargetsContext): void {
  alignRanges(ranges, PAGE_BYTES, ([i]) => place(['targets', target, 'regions', i, 'start'], ['targets', target, 'regions', i]));
  const beyond = ranges.findIndex(({ end }) => end > USER_SPACE_END);
  if (beyond < 0) return;
  throw new UserError('impossible region', {
    where: place(['targets', target, 'regions', beyond, 'end'], ['targets', target, 'regions', beyond]),
    expected: `end ≤ ${USER_SPACE_END} (128 TiB)`,
    actual: String(ranges[beyond].end),
  });
}
