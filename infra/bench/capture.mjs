/** What it costs to capture a program, and how much it leaves on disk. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { TraceFile } from '../../packages/trace/dist/index.js';
import { capture, has, programs, secondsOf, withInputs } from './programs.mjs';

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const qemu = has('qemu-x86_64') && has('cc');
  const rows = qemu ? await withInputs(ctx.quick, (dir) => measureAll(dir, ctx)) : [];
  const notes = qemu ? NOTES : ['left out: needs qemu-user and cc'];
  return { title: 'Capture of live programs', columns: COLUMNS, rows, notes };
}

function measureAll(dir, { quick, progress }) {
  return programs(quick).flatMap(({ name, command }) => {
    progress(`capture: ${name}`);
    const nativeS = Math.min(...[0, 1, 2].map(() => secondsOf(command, dir)));
    return ['pages', 'full'].map((detail) => {
      const file = join(dir, `${detail}.dltrace`);
      const s = capture(command, dir, file, detail === 'full' ? ['--full'] : []);
      const { threads } = TraceFile.open(file).footer;
      const accesses = threads.reduce((sum, { reads, writes }) => sum + reads + writes, 0);
      const records = threads.reduce((sum, thread) => sum + thread.records, 0);
      const bytes = statSync(file).size;
      return {
        program: name,
        detail,
        accesses_m: accesses / 1e6,
        native_s: nativeS,
        captured_s: s,
        slow_down: s / nativeS,
        per_s: accesses / s / 1e6,
        mib: bytes / 2 ** 20,
        bytes_per_access: bytes / accesses,
        bytes_per_record: bytes / records,
      };
    });
  });
}

const COLUMNS = [
  { key: 'program', title: 'program' },
  { key: 'detail', title: 'detail' },
  { key: 'accesses_m', title: 'M accesses', digits: 1 },
  { key: 'native_s', title: 'native s', digits: 3 },
  { key: 'captured_s', title: 'captured s', digits: 2 },
  { key: 'slow_down', title: 'slow-down', digits: 1 },
  { key: 'per_s', title: 'M/s', digits: 1 },
  { key: 'mib', title: 'MiB', digits: 2 },
  { key: 'bytes_per_access', title: 'bytes/access', digits: 4 },
  { key: 'bytes_per_record', title: 'bytes/record', digits: 2 },
];
const NOTES = ['captured s holds the start of damonlab and of QEMU, about 0.5 s; native: the best of three'];
