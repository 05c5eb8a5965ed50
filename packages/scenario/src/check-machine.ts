import { alignUp, PAGE_BYTES, type PlaceOfKey, Prng, UserError } from '@damonlab/base';
import { MOST_ACCESS_NS } from '@damonlab/cpu';
import { memoryBytes, nrCpus, takeOtherMemory } from '@damonlab/mm';
import { syntheticBytes, type WorkloadSpec } from '@damonlab/workload';
import { checkMadvise } from './check-madvise.js';
import type { ResolvedMachine } from './resolved.js';

/**
 * What only shows when all parts are together: CPUs that the topology has, and memory for all regions.
 * @throws UserError at the place of the key.
 */
export function checkMachine(machine: ResolvedMachine, place: PlaceOfKey): void {
  const cpus = nrCpus(machine.topology);
  machine.processes.forEach((process, i) => {
    process.cpus.forEach((cpu, j) => {
      checkCpu(cpu, cpus, place(['processes', i, 'cpus', j]));
    });
  });
  [machine.monitor, ...(machine.otherMonitors ?? [])].forEach((monitor, i) => {
    const cpu = monitor?.kdamond.cpu ?? null;
    if (cpu !== null) checkCpu(cpu, cpus, place(['monitor', 'kdamond', 'cpu'], ['monitor', i, 'kdamond', 'cpu'], ['topology']));
  });
  checkLatencies(machine, place);
  checkPatterns(machine, place);
  checkNames(machine, place);
  checkOtherMemory(machine, place);
  checkMemory(machine, place);
  checkMadvise(machine, place);
}

function checkCpu(cpu: number, cpus: number, where: string): void {
  if (cpu < cpus) return;
  throw new UserError('no such CPU', { where, expected: cpus === 1 ? '0, the only CPU' : `0 to ${cpus - 1}`, actual: String(cpu) });
}

/** An access to the farthest node that misses the TLB is short enough for the access loops. */
function checkLatencies({ topology, cpu: { walkNs } }: ResolvedMachine, place: PlaceOfKey): void {
  const farthestNs = Math.max(...topology.latencyNs.flat());
  if (farthestNs + walkNs <= MOST_ACCESS_NS) return;
  throw new UserError('impossible cost of an access', {
    where: place(['topology', 'latency_ns'], ['topology'], ['costs', 'walk']),
    expected: `latency and page walk (${walkNs} ns) of at most ${MOST_ACCESS_NS} ns together`,
    actual: `${farthestNs + walkNs} ns`,
  });
}

/** Memory lies on nodes that are there, and areas are swept by threads that are there. */
function checkPatterns({ processes, topology }: ResolvedMachine, place: PlaceOfKey): void {
  const checkNode = (nid: number, where: string) => {
    if (nid < topology.nodes.length) return;
    throw new UserError('no such node', { where, expected: `0 to ${topology.nodes.length - 1}`, actual: String(nid) });
  };
  processes.forEach(({ workload }, i) => {
    if (workload.kind !== 'synthetic') return;
    const { pattern } = workload;
    const at = ['processes', i, 'workload'] as const;
    if (pattern.pattern !== 'sweep') {
      checkNode(pattern.populateNid ?? 0, place([...at, 'populate']));
      return;
    }
    pattern.areas.forEach((area, a) => {
      const path = [...at, 'areas', a] as const;
      checkNode(area.populateNid, place([...path, 'populate']));
      const stranger = area.threads.find((thread) => thread >= workload.threads);
      if (stranger === undefined) return;
      throw new UserError('no such thread', {
        where: place([...path, 'threads']),
        expected: `0 to ${workload.threads - 1} (threads of this process)`,
        actual: String(stranger),
      });
    });
  });
}

function checkNames(machine: ResolvedMachine, place: PlaceOfKey): void {
  const names = machine.processes.map((process) => process.name);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice < 0) return;
  throw new UserError('two processes of one name', {
    where: place(['processes', twice, 'name']),
    expected: 'a name of its own',
    actual: names[twice] as string,
  });
}

/** Other memory finds room: the machine lays it out by the same draws. */
function checkOtherMemory({ topology, otherMemory, seed }: ResolvedMachine, place: PlaceOfKey): void {
  if (otherMemory === undefined) return;
  takeOtherMemory(topology, otherMemory, Prng.stream(seed, 'other_memory'), (i) => place(['other_memory', i]));
}

/** Bytes of other memory that stay taken: page cache can be reclaimed where anything can. */
function keptBytes({ otherMemory = [], memory }: ResolvedMachine): number {
  const kept = otherMemory.filter(({ kind }) => kind === 'kernel' || memory?.swap === undefined);
  return kept.reduce((sum, { bytes }) => sum + bytes, 0);
}

function checkMemory(machine: ResolvedMachine, place: PlaceOfKey): void {
  const swapBytes = (machine.memory?.swap?.pages ?? 0) * PAGE_BYTES;
  const otherBytes = keptBytes(machine);
  const hasBytes = memoryBytes(machine.topology) + swapBytes - otherBytes;
  const where = `topology ${machine.topology.name}${swapBytes > 0 ? ' and swap' : ''}${otherBytes > 0 ? ' without other_memory' : ''}`;
  let usedBytes = 0;
  machine.processes.forEach((process, i) => {
    const ownBytes = dataBytes(process.workload);
    usedBytes += ownBytes;
    if (usedBytes <= hasBytes) return;
    const alone = ownBytes > hasBytes ? 'the regions of this process' : 'the regions of the processes up to this one';
    throw new UserError('more memory than the machine has', {
      where: place(
        ['processes', i, 'workload', 'size'],
        ['processes', i, 'workload', 'masim'],
        ['processes', i, 'workload', 'trace'],
        ['processes', i],
      ),
      expected: `${alone} within ${inUnits(hasBytes)} (${where})`,
      actual: inUnits(ownBytes > hasBytes ? ownBytes : usedBytes),
      hint: 'smaller regions, or a topology with more memory',
    });
  });
}

/** Bytes of the regions that a workload is about, in whole pages. */
function dataBytes(workload: WorkloadSpec): number {
  if (workload.kind === 'trace') return workload.bytes;
  if (workload.kind === 'synthetic') return alignUp(syntheticBytes(workload.pattern), PAGE_BYTES);
  return workload.config.regions.reduce((sum, region) => sum + alignUp(region.bytes, PAGE_BYTES), 0);
}

function inUnits(bytes: number): string {
  const [power, unit] = bytes >= 1024 ** 3 ? [3, 'GiB'] : [2, 'MiB'];
  return `${(bytes / 1024 ** power).toFixed(2)} ${unit} (${bytes} bytes)`;
}
