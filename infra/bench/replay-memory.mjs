/** A large trace, and a process of its own that replays it with little memory and prints how much it needed. */
import { spawnSync } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TraceBuilder, TraceFile, traceWorkload } from '../../packages/trace/dist/index.js';
import { StepError } from '../lib.mjs';

const LIMIT_MIB = 64;
const PAGES = 20_000;

/** Random accesses, in full: as large as a trace gets for its footprint, and no page comes back soon. */
export async function randomTrace(file, accesses) {
  const builder = new TraceBuilder(file, { source: 'bench', command: 'bench', detail: 'full', tick: 'instruction', windowTicks: 100_000 });
  let state = 1;
  for (let i = 0; i < accesses; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    builder.access(1, 0x1000_0000 + (state % PAGES) * 4096 + (state >>> 20), 8, state & 1, 3 * i);
    if (i % 65_536 === 0) await builder.writer.drained();
  }
  await builder.finish();
}

/** @returns {{ limitMib: number, rss: number[] }} resident bytes at the start and after each quarter of the trace */
export function replayMemory(file) {
  const script = fileURLToPath(import.meta.url);
  const args = ['--expose-gc', `--max-old-space-size=${LIMIT_MIB}`, script, file];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new StepError(`${script} failed: ${stderr.trim().split('\n')[0]}`);
  return { limitMib: LIMIT_MIB, rss: JSON.parse(stdout) };
}

export function traceSpec(file) {
  const { id, footer } = TraceFile.open(file);
  const place = { file: basename(file), dir: dirname(file), id, threads: footer.threads.length, bytes: footer.touchedPages * 4096 };
  return { kind: 'trace', name: 'bench', ...place, pace: 'fast', tickPs: 1000, accessPs: 1000, repeat: 1 };
}

function replay(file) {
  const program = traceWorkload(traceSpec(file)).program(0);
  const batch = {};
  const [thread] = TraceFile.open(file).footer.threads;
  const total = thread.reads + thread.writes;
  const resident = () => {
    globalThis.gc();
    return process.memoryUsage.rss();
  };
  const rss = [resident()];
  for (let done = 0; ; ) {
    program.next(batch, 0);
    if (batch.kind === 0) break;
    for (let i = batch.cursor; i < batch.end; i++) done += batch.runs.counts[i];
    if (done >= (total * rss.length) / 4) rss.push(resident());
  }
  return rss;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${JSON.stringify(replay(process.argv[2]))}\n`);
