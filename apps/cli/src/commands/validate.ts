import type { ResolvedScenario } from '@damonlab/scenario';
import type { WorkloadSpec } from '@damonlab/workload';
import { Exit } from '../exit.js';
import type { AddCommand } from '../program.js';
import { addScenarioFlags } from '../scenario-flags.js';
import { scenarioFrom } from '../scenario-input.js';

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
  const { topology, monitor } = machine;
  const cpus = topology.nodes.reduce((sum, node) => sum + node.cpus, 0);
  const lines = [
    `${source.file} is valid: scenario ${name}`,
    `  machine   ${topology.name}: ${topology.nodes.length} nodes, ${cpus} CPUs, TLB ${machine.cpu.tlb.kind}, THP ${machine.thp}, seed ${machine.seed}`,
    ...machine.processes.map((process) => `  process   ${process.name}: ${workloadText(process.workload)}`),
  ];
  if (monitor === null) return [...lines, '  monitor   off'].join('\n');
  const { sampleUs, aggrUs, opsUpdateUs, minNrRegions, maxNrRegions } = monitor.attrs;
  const intervals = `${sampleUs / 1e3} ms / ${aggrUs / 1e3} ms / ${opsUpdateUs / 1e3} ms`;
  return [...lines, `  monitor   ${monitor.ops}, kernel ${monitor.kernel}, ${intervals}, ${minNrRegions} to ${maxNrRegions} regions`].join(
    '\n',
  );
}

function workloadText(workload: WorkloadSpec): string {
  const threads = workload.threads === 1 ? '1 thread' : `${workload.threads} threads`;
  if (workload.kind === 'synthetic') return `${workload.pattern.pattern}, ${mib(workload.pattern.bytes)}, ${threads}`;
  const { regions, phases } = workload.config;
  const bytes = regions.reduce((sum, region) => sum + region.bytes, 0);
  return `masim, ${regions.length} regions of ${mib(bytes)} together, ${phases.length} phases, ${threads}`;
}

function mib(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
