import { Argument, Option } from '@commander-js/extra-typings';
import { NS_PER_SEC, UserError } from '@damonlab/base';
import { type ControlApi, controlRun } from '@damonlab/lab';
import type { AttrsChange, FaultUserName, MachineStatus, RegionsNow } from '@damonlab/machine';
import { Exit } from '../exit.js';
import { monitoringIntervals, valuesOf } from '../monitoring-intervals.js';
import type { AddCommand } from '../program.js';

const ACTIONS = ['status', 'pause', 'resume', 'commit', 'snapshot', 'handover', 'stop'] as const satisfies readonly (keyof ControlApi)[];
type Action = (typeof ACTIONS)[number];

interface CtlOptions {
  readonly monitoring_intervals?: string;
  readonly monitoring_nr_regions_range?: string;
  readonly stop: readonly FaultUserName[];
  readonly start: readonly FaultUserName[];
  readonly json?: true;
}

/** `damonlab ctl RUN ACTION`: control a run that goes on, from another terminal. */
export const addCtl: AddCommand = (program, done) => {
  program
    .command('ctl')
    .description('control a run that goes on')
    .argument('<run>', 'directory of the run')
    .addArgument(new Argument('<action>', 'what to do').choices(ACTIONS))
    .option('--monitoring_intervals <SAMPLE AGGR UPDATE>', 'commit: monitoring intervals, e.g. 5ms 100ms 1s')
    .option('--monitoring_nr_regions_range <MIN MAX>', 'commit: fewest and most regions, e.g. 10 1000')
    .addOption(new Option('--stop <users>', 'handover: who gives the hinting faults up').default<FaultUserName[]>([]).argParser(users))
    .addOption(
      new Option('--start <users>', 'handover: who gets them: damon, numa_balancing').default<FaultUserName[]>([]).argParser(users),
    )
    .option('--json', 'print one JSON object instead of text')
    .addHelpText('after', '\nWhat is committed or handed over is put into the manifest, so that a run in virtual time can be repeated.')
    .action(async (run, action, options) => {
      const { text, json } = await controlRun(run, (api) => act(api, action, options));
      process.stdout.write(options.json === true ? `${JSON.stringify(json)}\n` : text);
      done(Exit.ok);
    });
};

interface Answer {
  readonly text: string;
  readonly json: unknown;
}

type Api = {
  readonly [Name in keyof ControlApi]: (...args: Parameters<ControlApi[Name]>) => Promise<Awaited<ReturnType<ControlApi[Name]>>>;
};

async function act(api: Api, action: Action, options: CtlOptions): Promise<Answer> {
  switch (action) {
    case 'commit': {
      const { atNs, attrs } = await api.commit(changeOf(options));
      return { text: `committed at ${seconds(atNs)}: ${attrsText(attrs)}\n`, json: { atNs, attrs } };
    }
    case 'snapshot': {
      const targets = await api.snapshot();
      return { text: targets.map(regionsText).join('\n'), json: targets };
    }
    case 'handover': {
      const row = await api.handover(handoverOf(options));
      const { atNs, stopped, started, walked, changed, leftOver } = row;
      const cost = `${walked} entries walked, ${changed} changed, ${leftOver} arms left over`;
      return { text: `handed over at ${seconds(atNs)}: ${stopped || 'nobody'} to ${started || 'nobody'}, ${cost}\n`, json: row };
    }
    default: {
      const status = await api[action]();
      return { text: action === 'stop' ? `stopping at ${seconds(status.nowNs)}\n` : statusText(status), json: status };
    }
  }
}

function changeOf(options: CtlOptions): AttrsChange {
  const range = 'monitoring_nr_regions_range';
  const [minNrRegions, maxNrRegions] = valuesOf(range, options[range]).map(([text, flag]) => whole(text, flag));
  const change = {
    ...monitoringIntervals(options.monitoring_intervals),
    ...(minNrRegions === undefined ? {} : { minNrRegions, maxNrRegions }),
  };
  if (Object.keys(change).length > 0) return change;
  throw new UserError('nothing to commit', {
    where: 'damonlab ctl RUN commit',
    expected: '--monitoring_intervals SAMPLE AGGR UPDATE, --monitoring_nr_regions_range MIN MAX, or both',
  });
}

function whole(text: string, flag: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UserError('impossible value', { where: flag, expected: 'a whole number', actual: text });
}

function handoverOf({ stop, start }: CtlOptions): { stop: readonly FaultUserName[]; start: readonly FaultUserName[] } {
  if (stop.length + start.length > 0) return { stop, start };
  throw new UserError('nobody to hand over', {
    where: 'damonlab ctl RUN handover',
    expected: '--stop, --start or both, e.g. --stop numa_balancing --start damon',
  });
}

function users(text: string): FaultUserName[] {
  return text.split(',').map((name) => {
    if (name === 'damon' || name === 'numa_balancing') return name;
    throw new UserError('no such user of hinting faults', { where: text, expected: 'damon or numa_balancing', actual: name });
  });
}

function statusText({ clock, state, nowNs, durationNs, nrRegions, attrs }: MachineStatus): string {
  const end = Number.isFinite(durationNs) ? ` of ${seconds(durationNs)}` : '';
  const monitor = attrs === null ? 'nobody monitors' : `${nrRegions} regions, ${attrsText(attrs)}`;
  return `${state} at ${seconds(nowNs)}${end} of ${clock} time: ${monitor}\n`;
}

function attrsText({ sampleUs, aggrUs, opsUpdateUs, minNrRegions, maxNrRegions }: NonNullable<MachineStatus['attrs']>): string {
  return `intervals ${sampleUs} us, ${aggrUs} us, ${opsUpdateUs} us, ${minNrRegions} to ${maxNrRegions} regions`;
}

function regionsText({ targetId, regions }: RegionsNow): string {
  const rows = regions.map(
    ({ start, end, nrAccesses, age }) => `${start.toString(16)}-${end.toString(16)} nr_accesses ${nrAccesses} age ${age}\n`,
  );
  return `# target ${targetId}: ${regions.length} regions\n${rows.join('')}`;
}

function seconds(ns: number): string {
  return `${(ns / NS_PER_SEC).toFixed(3)} s`;
}
