import { PAGE_BYTES } from '@damonlab/base';
import type { ResolvedMachine, ResolvedMonitor, ResolvedScenario } from '@damonlab/scenario';
import { syntheticBytes, type WorkloadSpec } from '@damonlab/workload';
import { Exit } from '../exit.js';
import type { AddCommand } from '../program.js';
import { addScenarioFlags } from '../scenario-flags.js';
import { scenarioFrom } from '../scenario-input.js';
import { formatBytes, formatNs } from '../terminal.js';

/** `damonlab validate FILE`: is this a scenario, and what does it amount to? */
export const addValidate: AddCommand = (program, done) => {
  const command = program
    .command('validate')
    .description('check a masim config or scenario without running it, and show what it comes to')
    .argument('<file>', 'masim config, scenario YAML, shipped scenario, or a run to be repeated')
    .option('--json', 'print the scenario after defaults and presets as JSON');
  const overrides = addScenarioFlags(command);
  command.action((file, options) => {
    const scenario = scenarioFrom(file, overrides);
    process.stdout.write(options.json === true ? `${JSON.stringify(scenario, null, 2)}\n` : `${scenarioText(scenario)}\n`);
    done(Exit.ok);
  });
};

function scenarioText({ name, source, machine }: ResolvedScenario): string {
  const { topology } = machine;
  const cpus = topology.nodes.reduce((sum, node) => sum + node.cpus, 0);
  const memory = topology.nodes.reduce((sum, node) => sum + node.memoryBytes, 0);
  const rows = [
    [
      'machine',
      `${topology.name}: ${count(topology.nodes.length, 'node')}, ${count(cpus, 'CPU')}, ${formatBytes(memory)}, THP ${machine.thp}`,
    ],
    ['TLB', tlbText(machine.cpu.tlb)],
    ...memoryRows(machine),
    ...machine.processes.map((process) => ['process', `${process.name}: ${workloadText(process.workload)}`]),
    ...monitorRows(machine),
    ['seed', String(machine.seed)],
  ];
  return [`${source.file} is valid: scenario ${name}`, ...rows.map(([key, text]) => `  ${key.padEnd(8)}  ${text}`)].join('\n');
}

function tlbText(tlb: ResolvedMachine['cpu']['tlb']): string {
  if (tlb.kind !== 'finite') return tlb.kind;
  return `${tlb.entries} entries of ${tlb.ways} ways, ${tlb.hugeEntries} of ${tlb.hugeWays} ways for 2 MiB`;
}

/** A row for each piece of memory that is taken before, and for each memory cgroup with limits. */
function memoryRows({ otherMemory = [], memory }: ResolvedMachine): string[][] {
  const limits = (of: string, pages?: number) => (pages === undefined ? [] : [`${of} ${formatBytes(pages * PAGE_BYTES)}`]);
  return [
    ...otherMemory.map(({ kind, nid, bytes }) => ['taken', `${kind}: ${formatBytes(bytes)} of node ${nid}`]),
    ...(memory?.memcgs ?? []).map(({ path, maxPages, highPages }) => [
      'memcg',
      `${path}: ${[...limits('memory.high', highPages), ...limits('memory.max', maxPages)].join(', ')}`,
    ]),
  ];
}

/** A row for each kdamond. */
function monitorRows({ monitor, otherMonitors = [] }: ResolvedMachine): string[][] {
  return monitor === null ? [['monitor', 'off']] : [monitor, ...otherMonitors].map((one) => ['monitor', monitorText(one)]);
}

function monitorText({ ops, kernel, attrs, schemes }: ResolvedMonitor): string {
  const { sampleUs, aggrUs, opsUpdateUs, minNrRegions, maxNrRegions, intervalsGoal: goal } = attrs;
  const intervals = [sampleUs, aggrUs, opsUpdateUs].map(formatUs).join(' / ');
  const tuned = goal.aggrs === 0 ? '' : ` (tuned from ${formatUs(goal.minSampleUs)} to ${formatUs(goal.maxSampleUs)})`;
  return `${ops}, kernel ${kernel}, intervals ${intervals}${tuned}, ${minNrRegions} to ${maxNrRegions} regions${schemesText(schemes)}`;
}

function schemesText(schemes: ResolvedMonitor['schemes']): string {
  return schemes.length === 0 ? '' : `, schemes: ${schemes.map(({ action }) => action).join(', ')}`;
}

function workloadText(workload: WorkloadSpec): string {
  const threads = count(workload.threads, 'thread');
  if (workload.kind === 'synthetic') {
    const { pattern, durationNs } = workload.pattern;
    return `${pattern}, ${formatBytes(syntheticBytes(workload.pattern))}, ${formatNs(durationNs)}, ${threads}`;
  }
  if (workload.kind === 'trace') return `trace ${workload.file}, ${formatBytes(workload.bytes)} touched, pace ${workload.pace}, ${threads}`;
  const { regions, phases } = workload.config;
  const bytes = regions.reduce((sum, region) => sum + region.bytes, 0);
  const ms = phases.reduce((sum, phase) => sum + phase.durationMs, 0) * workload.options.repeat;
  const sizes = `${count(regions.length, 'region')} of ${formatBytes(bytes)}${regions.length > 1 ? ' together' : ''}`;
  return `masim, ${sizes}, ${count(phases.length, 'phase')} of ${formatNs(ms * 1e6)}, ${threads}`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function formatUs(us: number): string {
  return us < 1_000 ? `${us} us` : us < 1_000_000 ? `${us / 1_000} ms` : `${us / 1_000_000} s`;
}
