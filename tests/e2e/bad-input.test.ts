import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeStairs } from './cli.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-bad-'));
  writeStairs(dir);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** One message with a place, what was expected and what was found; status 2; no stack; no run. */
async function refused(args: readonly string[], ...parts: RegExp[]): Promise<void> {
  const { status, stdout, stderr } = await spawnCli(args, { cwd: dir });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^damonlab: /);
  expect(stderr.match(/damonlab:/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
  for (const part of parts) expect(stderr).toMatch(part);
  expect(existsSync(join(dir, 'runs'))).toBe(false);
}

const ZIPF = 'processes:\n  - workload: { pattern: zipf, size: 64 MiB }\n';

/** What is wrong, the scenario, the place of the mistake, and the rest of the message. */
const SCENARIOS: readonly (readonly [string, string, string, RegExp])[] = [
  ['an unknown key', `${ZIPF}tbl: off\n`, '3:1: tbl', /unknown key `tbl`[\s\S]*did you mean `tlb`/],
  ['an unknown key inside', 'processes:\n  - workload: { pattern: zipf, sise: 64 MiB }\n', '2:32: ', /unknown key `sise`[\s\S]*`size`/],
  ['a key of damo that is not modelled', `${ZIPF}probes: []\n`, '3:1: probes', /not modelled: `probes` \(data attributes monitoring\)/],
  [
    'two targets for paddr',
    `${ZIPF}monitor: { ops: paddr, targets: [{}, {}] }\n`,
    '3:38: ',
    /more than one target for physical memory[\s\S]*expected: one target[\s\S]*2 targets[\s\S]*EINVAL/,
  ],
  ['a time without a unit', `${ZIPF}duration: 5\n`, '3:1: duration', /expected: a time with its unit[\s\S]*actual: {3}5\n/],
  ['a size in a unit of time', 'processes:\n  - workload: { pattern: zipf, size: 5 ms }\n', '2:32: ', /expected: a size[\s\S]*"5 ms"/],
  ['a size of two meanings', 'processes:\n  - workload: { pattern: zipf, size: 64 MB }\n', '2:32: ', /write MiB/],
  ['a machine without CPUs', `${ZIPF}topology: { nodes: [{ cpus: 0, memory: 1 GiB }] }\n`, '3:', /a machine without CPUs/],
  ['a node without memory', `${ZIPF}topology: { nodes: [{ cpus: 1, memory: 0 }] }\n`, '3:32: ', /a node without memory[\s\S]*0 bytes/],
  [
    'regions larger than memory',
    `${ZIPF}topology: { nodes: [{ cpus: 1, memory: 32 MiB }] }\n`,
    '2:32: ',
    /more memory than the machine has[\s\S]*33554432 bytes[\s\S]*67108864 bytes/,
  ],
  [
    'a CPU that is not there',
    'processes:\n  - workload: { pattern: zipf, size: 1 M }\n    cpus: [9]\n',
    '3:12: ',
    /no such CPU[\s\S]*0 to 3/,
  ],
  ['intervals upside down', `${ZIPF}monitor: { intervals: { sample_us: 1 s } }\n`, '3:', /sampling interval longer than the aggregation/],
  ['too few regions', `${ZIPF}monitor: { nr_regions: { min: 2 } }\n`, '3:', /too few regions[\s\S]*3 or more/],
  ['fvaddr without regions', `${ZIPF}monitor: { ops: fvaddr }\n`, '3:', /fvaddr watches given regions only/],
  ['a masim config that is not there', 'processes:\n  - workload: { masim: gone.cfg }\n', '2:17: ', /no such file[\s\S]*gone\.cfg/],
  ['no YAML', 'processes: [\n', '2:1', /not YAML/],
  ['nothing', '', '', /not a scenario[\s\S]*actual: {3}nothing/],
  ['only a word', 'stairs\n', '1:1', /not a scenario[\s\S]*a map of keys[\s\S]*"stairs"/],
];

/** The same for masim configs: the traps of masim that cost its users most. All of them: packages/workload. */
const REGIONS = 'a, 100000\nb, 200000\n';
const MASIM: readonly (readonly [string, string, string, RegExp])[] = [
  ['an unknown region', `${REGIONS}\none\n10\nc, 0, 64, 1\n`, '6:1', /unknown region "c"/],
  ['a size with a suffix', `a, 10M\n\none\n10\na, 0, 64, 1\n`, '1:4', /suffixes/],
  ['no newline at the end', `${REGIONS}\none\n10\na, 0, 64, 1`, '6:12', /does not end with a newline/],
  ['no empty line after the regions', `${REGIONS}one\n10\na, 0, 64, 1\n`, '3:1', /no empty line/],
  ['two empty lines', `${REGIONS}\n\none\n10\na, 0, 64, 1\n`, '4:1', /two empty lines in a row/],
  ['an empty line at the end', `${REGIONS}\none\n10\na, 0, 64, 1\n\n`, '7:1', /extra empty line at the end/],
  ['Windows line ends', 'a, 100\r\n\r\none\r\n10\r\na, 0, 64, 1\r\n', '1:7', /carriage return/],
  ['a wrong rw mode', `${REGIONS}\none\n10\na, 0, 64, 1, RO\n`, '6:14', /wrong rw mode/],
  ['an empty file', '', '1:1', /no regions/],
];

describe('a scenario with', () => {
  it.each(SCENARIOS)('%s is refused at its place', async (_, text, place, message) => {
    writeFileSync(join(dir, 'bad.yaml'), text);
    await refused(['run', 'bad.yaml'], new RegExp(`^damonlab: bad\\.yaml:${place}`), message);
  });
});

describe('a masim config with', () => {
  it.each(MASIM)('%s is refused at its place', async (_, text, place, message) => {
    writeFileSync(join(dir, 'bad.cfg'), text);
    await refused(['run', 'bad.cfg'], new RegExp(`^damonlab: bad\\.cfg:${place}: `), message);
  });
});

describe('a command line with', () => {
  it.each([
    ['a wrong unit', ['run', 'stairs.cfg', '--monitoring_intervals', '5 parsecs', '100ms', '1s'], /5 parsecs[\s\S]*units of time/],
    ['an impossible topology', ['run', 'stairs.cfg', '--set', 'topology={nodes: [{cpus: 0, memory: 1 GiB}]}'], /--set.*without CPUs/],
    [
      'memory too small',
      ['run', 'stairs.cfg', '--set', 'topology={nodes: [{cpus: 1, memory: 1 MiB}]}'],
      /more memory than the machine has/,
    ],
    ['an unknown key', ['run', 'stairs.cfg', '--set', 'monitor.nr_region.max=5'], /--set.*unknown key `nr_region`[\s\S]*`nr_regions`/],
    ['an option of masim for a workload that is none', ['run', 'zipf', '--repeat', '2'], /--repeat 2: nothing to apply this to/],
    ['an unknown preset', ['run', 'stairs.cfg', '--tlb', 'skylark'], /unknown TLB[\s\S]*did you mean `skylake`/],
    ['no executor', ['run', 'stairs.cfg', '--executor', 'lanes:'], /unknown executor/],
    ['a file that is not there', ['run', 'stair.cfg'], /stair\.cfg: no such file/],
    ['a directory that is no run', ['run', '.'], /not a file/],
    ['a binary file', ['run', process.execPath], /too long|not a text file/],
    ['an unknown flag', ['run', 'stairs.cfg', '--topologie', '1-node'], /unknown option '--topologie'/],
    ['a file in the way of --out', ['run', 'stairs.cfg', '--out', 'stairs.cfg'], /cannot make the run directory[\s\S]*--out/],
    ['a directory that takes no entries', ['run', 'stairs.cfg', '--out', '/proc/damonlab'], /cannot make the run directory[\s\S]*--out/],
    ['an --output that cannot be written', ['report', 'wss', 'stairs.cfg', '--output', 'no/where'], /stairs\.cfg/],
  ])('%s is refused', async (_, args, message) => {
    await refused(args, message);
  });
});
