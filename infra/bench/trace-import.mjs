/** How fast the importers read each format: text made here, as the tools write it. */
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { importText } from '../../packages/trace/dist/index.js';
import { median } from './median.mjs';
import { withInputs } from './programs.mjs';

const FORMATS = [
  { name: 'lackey', format: 'lackey', line: lackeyLine },
  { name: 'lackey, gzip', format: 'lackey', line: lackeyLine, gzip: true },
  { name: 'perf script', format: 'perf-script', line: perfLine },
  { name: 'drmemtrace view', format: 'drmemtrace', line: viewLine },
];

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const rows = await withInputs(true, async (dir) => {
    const rows = [];
    for (const format of FORMATS) rows.push(await measure(dir, format, ctx));
    return rows;
  });
  return { title: 'Import of traces', columns: COLUMNS, rows, notes: NOTES };
}

async function measure(dir, { name, format, line, gzip = false }, { quick, progress }) {
  const file = join(dir, 'input');
  const lines = write(file, line, quick ? 4e6 : 2e8);
  const { size } = statSync(file);
  if (gzip) writeFileSync(file, gzipSync(readFileSync(file)));
  const rates = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    progress(`import: ${name}`);
    const before = process.cpuUsage();
    await importText(file, { format, output: join(dir, 'out.dltrace'), detail: 'pages', windowTicks: 100_000 });
    const { user, system } = process.cpuUsage(before);
    rates.push(1e6 / (user + system));
  }
  rmSync(file);
  return { format: name, mb: size / 1e6, mb_per_s: (median(rates) * size) / 1e6, lines_per_s: (median(rates) * lines) / 1e6 };
}

/** Lines up to `bytes`; returns how many. */
function write(file, line, bytes) {
  const fd = openSync(file, 'w');
  let n = 0;
  for (let written = 0; written < bytes; ) {
    let text = '';
    for (let i = 0; i < 10_000; i++) text += line(n++);
    written += writeSync(fd, text);
  }
  closeSync(fd);
  return n;
}

/** Three instructions, then a load, a store or both, near the stack, on the heap, in the data. */
function lackeyLine(n) {
  if (n % 4 !== 3) return `I  0${(0x401ab70 + (n % 5000)).toString(16)},${1 + (n % 7)}\n`;
  return ` ${'LSML'[(n >> 2) % 4]} ${address(n).toString(16)},${[1, 2, 4, 8][(n >> 3) % 4]}\n`;
}

function perfLine(n) {
  const time = `${Math.floor(n / 1e5)}.${String(n % 1e5).padStart(6, '0')}`;
  const who = `            sort  ${1000 + (n % 4)} [00${n % 4}]  ${time}:          1    cpu/mem-loads,ldlat=30/P:`;
  const what = `10268100142 |OP ${n % 3 === 0 ? 'STORE' : 'LOAD'}|LVL L1 hit|SNP None|TLB L1 or L2 hit|LCK No|BLK  N/A`;
  return `${who}     ${address(n).toString(16)}  ${what}    7fad7c47425d [unknown] (/bin/sort)\n`;
}

function viewLine(n) {
  const head = `${String(n).padStart(12)}${String(n).padStart(12)}:     2765543`;
  if (n % 2 === 0) return `${head} ifetch       4 byte(s) @ 0x0000000000404a7e 48 83 c4 10          add    $0x10, %rsp\n`;
  const kind = n % 6 === 1 ? 'write' : 'read ';
  return `${head} ${kind}        8 byte(s) @ 0x${address(n).toString(16).padStart(16, '0')} by PC 0x0000000000404a7e\n`;
}

function address(n) {
  const base = [0x1fff000000, 0x4c4a000, 0x10c000][n % 3];
  return base + ((Math.imul(n, 2_654_435_761) >>> 0) % (n % 3 === 1 ? 40_000_000 : 12_000));
}

const COLUMNS = [
  { key: 'format', title: 'format' },
  { key: 'mb', title: 'MB of text', digits: 0 },
  { key: 'mb_per_s', title: 'MB/s per core', digits: 1 },
  { key: 'lines_per_s', title: 'M lines/s', digits: 2 },
];
const NOTES = ['text per second of CPU time, compression of the trace included; bar: 50 for lackey'];
