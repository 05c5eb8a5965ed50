import { type Command, Option } from '@commander-js/extra-typings';
import { UserError } from '@damonlab/base';
import { ATTRIBUTION_KEYS, type ReportName, type ReportOptions } from '@damonlab/report';
import { parseBytes, parseDurationNs } from '@damonlab/scenario';
import { type FixedFlag, splitValues } from './fixed-values.js';

/** A flag of `damonlab report`, under damo's name where it has one. */
interface ReportFlag extends FixedFlag {
  /** The kinds of reports that it is for. */
  readonly kinds: readonly ReportName[];
  readonly help: string;
  /** `flag` is what the user typed, for errors. */
  readonly read: (values: readonly string[], flag: string) => Partial<ReportOptions>;
}

const OF_A_TARGET: readonly ReportName[] = ['heatmap', 'access', 'wss', 'nr_regions', 'accuracy', 'attribution'];
const OF_A_KDAMOND: readonly ReportName[] = [...OF_A_TARGET, 'schemes', 'damon_stat'];
const DISTRIBUTIONS: readonly ReportName[] = ['wss', 'nr_regions'];

export const REPORT_FLAGS: readonly ReportFlag[] = [
  {
    name: 'kdamond',
    values: ['N'],
    kinds: OF_A_KDAMOND,
    help: 'as kdamond N saw it, from 0 (default: the first one)',
    read: ([n], flag) => ({ kdamond: whole(n, flag) }),
  },
  {
    name: 'tid',
    values: ['ID'],
    kinds: OF_A_TARGET,
    help: 'monitoring target (default: the first one)',
    read: ([id], flag) => ({ target: whole(id, flag) }),
  },
  {
    name: 'by',
    values: ['WHAT'],
    kinds: ['attribution'],
    help: 'who made the accesses: cpu, thread (default), node, or rw',
    read: ([what], flag) => ({ by: oneOf(ATTRIBUTION_KEYS, what, flag) }),
  },
  {
    name: 'resol',
    values: ['TIME', 'ADDRESS'],
    kinds: ['heatmap'],
    help: 'steps of time and of addresses, e.g. 40 80',
    read: ([time, address], flag) => ({ rows: whole(time, flag), cols: whole(address, flag) }),
  },
  {
    name: 'draw_range',
    values: ['WHICH'],
    kinds: ['heatmap'],
    help: 'contiguous ranges to draw: hottest (default) or all',
    read: ([which], flag) => ({ range: oneOf(['hottest', 'all'] as const, which, flag) }),
  },
  {
    name: 'address_range',
    values: ['START', 'END'],
    kinds: ['heatmap'],
    help: 'addresses to draw, e.g. 0x7f0000000000 0x7f0010000000',
    read: ([start, end], flag) => ({ range: { start: understood(parseBytes(start), flag), end: understood(parseBytes(end), flag) } }),
  },
  {
    name: 'time_range',
    values: ['START', 'END'],
    kinds: ['heatmap'],
    help: 'virtual time to draw, e.g. 2s 5s; a bare number is ns',
    read: ([start, end], flag) => ({
      time: { startNs: understood(parseDurationNs(start, 1), flag), endNs: understood(parseDurationNs(end, 1), flag) },
    }),
  },
  {
    name: 'snapshot',
    values: ['N'],
    kinds: ['access'],
    help: 'which snapshot, from 0; negative: from the last (default -1)',
    read: ([n], flag) => ({ snapshot: whole(n, flag) }),
  },
  {
    name: 'acc_thres',
    values: ['N'],
    kinds: ['wss'],
    help: 'nr_accesses from which a region belongs to the working set (default 1)',
    read: ([n], flag) => ({ accThres: whole(n, flag) }),
  },
  {
    name: 'range',
    values: ['START', 'STOP', 'STEP'],
    kinds: DISTRIBUTIONS,
    help: 'percentiles to print (default 0 101 25)',
    read: (values, flag) => ({ percentiles: percentiles(values, flag) }),
  },
  {
    name: 'sortby',
    values: ['WHAT'],
    kinds: DISTRIBUTIONS,
    help: 'order of the values: size (default) or time',
    read: ([what], flag) => ({ sortBy: oneOf(['size', 'time'] as const, what, flag) }),
  },
  {
    name: 'exclude_samples',
    values: ['N'],
    kinds: DISTRIBUTIONS,
    help: 'leave out so many first snapshots (default 0; damo: 20)',
    read: ([n], flag) => ({ skip: whole(n, flag) }),
  },
];

/** What the user asked of the report; to be read for its kind, because a flag that does not concern it is an error. */
export type AskedOptions = (kind: ReportName) => ReportOptions;

/** Give `command` the flags of reports. The function that is returned is for use after the command line was read. */
export function addReportFlags(command: Command<[ReportName, string | undefined]>): AskedOptions {
  const asked: { flag: ReportFlag; options: Partial<ReportOptions> }[] = [];
  for (const flag of REPORT_FLAGS) {
    command.addOption(
      new Option(`--${flag.name} <${flag.values.join(' ')}>`, helpOf(flag)).argParser((text: string) => {
        const values = splitValues(flag, text);
        asked.push({ flag, options: flag.read(values, `--${flag.name} ${values.join(' ')}`) });
      }),
    );
  }
  return (kind) => {
    const stray = asked.find(({ flag }) => !flag.kinds.includes(kind));
    if (stray !== undefined)
      throw new UserError(`not an option of report ${kind}`, { where: `--${stray.flag.name}`, expected: expectedFor(kind) });
    return Object.assign({}, ...asked.map(({ options }) => options));
  };
}

function helpOf({ kinds, help }: ReportFlag): string {
  return kinds === OF_A_TARGET || kinds === OF_A_KDAMOND ? help : `${kinds.join(', ')}: ${help}`;
}

function expectedFor(kind: ReportName): string {
  const names = REPORT_FLAGS.filter(({ kinds }) => kinds.includes(kind)).map(({ name }) => `--${name}`);
  return names.length === 0 ? 'none of these options' : names.join(', ');
}

function whole(text: string, flag: string): number {
  if (/^-?[0-9]{1,9}$/.test(text)) return Number(text);
  throw new UserError('impossible value', { where: flag, expected: 'a whole number', actual: text });
}

function oneOf<T extends string>(known: readonly T[], text: string, flag: string): T {
  const found = known.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UserError('impossible value', { where: flag, expected: known.join(' or '), actual: text });
}

function understood(value: ReturnType<typeof parseBytes>, flag: string): number {
  if (typeof value === 'number') return value;
  throw new UserError('impossible value', { where: flag, ...value });
}

/** As Python's range(): `stop` is not part of it. */
function percentiles(values: readonly string[], flag: string): number[] {
  const [start, stop, step] = values.map((value) => whole(value, flag));
  if (step < 1 || start < 0 || stop > 101 || start >= stop) {
    throw new UserError('impossible range of percentiles', { where: flag, expected: '0 ≤ START < STOP ≤ 101, STEP ≥ 1' });
  }
  return Array.from({ length: Math.ceil((stop - start) / step) }, (_, i) => start + i * step);
}
