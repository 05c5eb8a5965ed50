import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli, withTempDir } from '@damonlab/testkit';
import { describe, expect, it } from 'vitest';
import { TraceFile, walkTrace } from '../../packages/trace/src/index.js';
import { BIN, json, onlyRun, ROOT } from './cli.js';
import { available } from './debian.js';

const x86 = process.arch === 'x64' && process.platform === 'linux';
const hasCompiler = available('cc', 'gcc');
const hasQemu = x86 && hasCompiler && available('qemu-x86_64', 'qemu-user');
const hasValgrind = hasQemu && available('valgrind', 'valgrind');
const WINDOW = 1000;

/** The test program, which makes the same accesses whoever looks. */
function buildPages(dir: string): string {
  const program = join(dir, 'pages');
  const flags = ['-O1', '-static', '-nostdlib', '-ffreestanding', '-fno-stack-protector', '-fno-pie', '-no-pie'];
  const { status, stderr } = spawnSync('cc', [...flags, '-o', program, join(ROOT, 'tests/capture/pages.c')], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return program;
}

/** By window: the pages that lackey's text says were touched, and how. Made without any code of the product. */
function touchedByLackey(text: string): Map<number, Set<string>> {
  const windows = new Map<number, Set<string>>();
  let instruction = -1;
  for (const [, kind, hex, size] of text.matchAll(/^(I | [LSM]) ([0-9a-f]+),(\d+)$/gm)) {
    if (kind === 'I ') {
      instruction++;
      continue;
    }
    const window = Math.floor(instruction / WINDOW);
    const set = windows.get(window) ?? new Set();
    windows.set(window, set);
    const pages = [Number.parseInt(hex, 16), Number.parseInt(hex, 16) + Number(size) - 1].map((address) => Math.floor(address / 4096));
    for (const page of pages) for (const rw of kind === ' M' ? 'rw' : kind === ' S' ? 'w' : 'r') set.add(`${page}${rw}`);
  }
  return windows;
}

function touchedByTrace(file: string): Map<number, Set<string>> {
  const windows = new Map<number, Set<string>>();
  walkTrace(TraceFile.open(file), ({ clock, page, write }) => {
    const window = Math.floor(clock / WINDOW);
    const set = windows.get(window) ?? new Set();
    windows.set(window, set);
    set.add(`${page}${write === 1 ? 'w' : 'r'}`);
    return true;
  });
  return windows;
}

/** The attribution report of the newest run in `dir`, against what the trace says that its threads did. */
async function compareShares(dir: string, trace: string, nrThreads: number): Promise<void> {
  const report = await spawnCli(['report', 'attribution', onlyRun(join(dir, 'runs')), '--format', 'json'], { cwd: dir });
  const { total } = json(report.stdout) as { total: { shares: { key: number; estimated: number; true: number }[] } };
  const accesses = TraceFile.open(join(dir, trace)).footer.threads.map(({ reads, writes }) => reads + writes);
  const sum = accesses.reduce((a, b) => a + b, 0);
  expect(total.shares).toHaveLength(nrThreads);
  for (const share of total.shares) {
    // The run's truth ends with its last whole window: near to the whole trace, not equal.
    expect(Math.abs(share.true - accesses[share.key] / sum)).toBeLessThan(0.05);
    expect(share.estimated).toBeGreaterThan(0);
  }
  expect(total.shares.reduce((all, share) => all + share.estimated, 0)).toBeCloseTo(1, 6);
}

describe('capture of live programs', () => {
  it.skipIf(!hasValgrind)('touched pages of each window are those that valgrind sees (needs qemu-user, valgrind and cc on x86-64)', () =>
    withTempDir(async (dir) => {
      const program = buildPages(dir);
      const log = join(dir, 'lackey.txt');
      const lackey = ['--tool=lackey', '--trace-mem=yes', `--log-file=${log}`, program];
      expect(spawnSync('valgrind', lackey).status).toBe(0);
      const trace = join(dir, 'pages.dltrace');
      const captured = await spawnCli(['capture', '--window', String(WINDOW), '--output', trace, '--', program]);
      expect(captured).toMatchObject({ status: 0, stdout: '' });
      const truth = touchedByLackey(readFileSync(log, 'utf8'));
      expect(truth.size).toBeGreaterThan(500);
      expect(touchedByTrace(trace)).toEqual(truth);
      // The same with every access by itself, and by way of the import.
      const full = join(dir, 'full.dltrace');
      await spawnCli(['capture', '--full', '--output', full, '--', program]);
      expect(touchedByTrace(full)).toEqual(truth);
      const imported = join(dir, 'imported.dltrace');
      await spawnCli(['trace', 'import', log, '--format', 'lackey', '--window', String(WINDOW), '--output', imported]);
      expect(touchedByTrace(imported)).toEqual(truth);
    }),
  );

  it.skipIf(!hasQemu)('sampling says what it left out; a status of the program is told (needs qemu-user and cc on x86-64)', () =>
    withTempDir(async (dir) => {
      const all = await spawnCli(['capture', '--output', 'all.dltrace', '--', 'cat', '/nowhere'], { cwd: dir });
      expect(all.status).toBe(1);
      expect(all.stderr).toMatch(/cat ended with status 1/);
      const part = await spawnCli(['capture', '--sample', '10k/100k', '--output', 'part.dltrace', '--', 'cat', '/nowhere'], { cwd: dir });
      expect(part.stderr).toMatch(/not sampled +[\d,]+ accesses/);
      const count = (file: string) => {
        const { threads, skippedAccesses } = TraceFile.open(join(dir, file)).footer;
        return [threads[0].reads + threads[0].writes, skippedAccesses];
      };
      const [[whole], [sampled, skipped]] = [count('all.dltrace'), count('part.dltrace')];
      expect(sampled / whole).toBeLessThan(0.3);
      expect(Math.abs(sampled + skipped - whole) / whole).toBeLessThan(0.02);
    }),
  );

  it.skipIf(!hasQemu).each(['README.md', 'docs/traces.md'])(
    'what %s says of captures works (needs qemu-user and cc on x86-64)',
    (document) =>
      withTempDir(async (dir) => {
        symlinkSync(join(ROOT, 'scenarios'), join(dir, 'scenarios'));
        const [, block] = /^```sh\n(npx damonlab capture[\s\S]*?)^```/m.exec(readFileSync(join(ROOT, document), 'utf8')) ?? [];
        expect(block).toBeDefined();
        const script = String(block).replaceAll('npx damonlab', `${process.execPath} ${BIN}`);
        const { status, stdout, stderr } = spawnSync('sh', ['-ec', script], { cwd: dir, encoding: 'utf8' });
        expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^trace +\w+\.dltrace$/m) });
        expect(stdout).toMatch(/^# access_frequency/m);
        if (document === 'README.md') await compareShares(dir, 'python3.dltrace', 4);
      }),
  );

  it.each([
    ['no such program', ['no-such-program-here'], /no-such-program-here: no such program/],
    ['impossible sampling', ['--sample', '2/1', '--', 'ls'], /--sample 2\/1: impossible value/],
    ['an impossible window', ['--window', '0', '--', 'ls'], /--window 0: impossible value/],
  ])('%s: status 2', async (_, args, message) => {
    const { status, stderr } = await spawnCli(['capture', ...args], { cwd: tmpdir() });
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('without QEMU it says what to install', async () => {
    if (!x86) return;
    const { status, stderr } = await spawnCli(['capture', '--', '/bin/true'], { cwd: tmpdir(), env: { PATH: '/nowhere' } });
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringMatching(/qemu-x86_64 is not here[\s\S]*apt-get install/) });
  });
});
