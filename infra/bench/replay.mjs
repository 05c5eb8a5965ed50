/** How fast traces run again: against synthetic patterns of the same size, and against valgrind's lackey making such a trace. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Machine } from '../../packages/machine/dist/index.js';
import { TraceFile, traceWorkload } from '../../packages/trace/dist/index.js';
import { benchMachine } from './bench-machine.mjs';
import { median } from './median.mjs';
import { capture, has, programs, withInputs } from './programs.mjs';
import { randomTrace, replayMemory, traceSpec } from './replay-memory.mjs';

const QUIET = { snapshot() {}, truth() {}, phase() {}, cpuCounters() {}, attribution() {}, accessTruth() {}, rows() {} };
const SYNTHETIC = [
  { pattern: 'zipf', theta: 0.99 },
  { pattern: 'hot_cold', hotRatio: 0.1, hotShare: 0.9, driftNs: 0 },
  { pattern: 'pointer_chase' },
  { pattern: 'hot_cold', hotRatio: 0.5, hotShare: 0.5, driftNs: 0 },
];
/** CPU time that makes a difference of two runs worth something. */
const LEAST_S = 0.05;
/** Not even a trace of nothing is run more often. */
const MOST_PASSES = 1e6;
/** Accesses of the trace that is larger than the memory it is replayed with. */
const LARGE = 8e7;

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  // Small inputs: a trace that is too short is replayed again.
  return withInputs(true, async (dir) => {
    const programs = has('qemu-x86_64') && has('cc') ? await measureAll(dir, ctx) : [];
    const rows = [...programs, ...(await measureRandom(dir, ctx))];
    const memory = ctx.quick ? [] : await memoryNotes(dir, ctx);
    const notes = programs.length > 0 ? NOTES : [...NOTES, 'programs are left out: they need qemu-user and cc'];
    return { title: 'Replay of traces, one thread', columns: COLUMNS, rows, notes: [...notes, ...memory] };
  });
}

async function measureAll(dir, { quick, progress }) {
  const rows = [];
  for (const { name, command } of programs(true).filter((program) => !program.name.includes('2 threads'))) {
    progress(`replay: ${name}`);
    const lackey = has('valgrind') ? lackeyPerSecond(command, dir) : null;
    for (const detail of ['pages', 'full']) {
      const file = join(dir, 'replay.dltrace');
      capture(command, dir, file, detail === 'full' ? ['--full'] : []);
      rows.push(await measure(`${name}, ${detail}`, file, lackey, quick ? 1e7 : detail === 'full' ? 6e7 : 1e9));
      if (detail === 'full')
        rows.push(
          await decodedPerSecond('  decoding alone', file, false),
          await decodedPerSecond('  decoding alone, in order', file, true),
        );
    }
  }
  return rows;
}

/** What outlines do not help: hardly a page comes back within a piece, and most accesses miss in the TLB. */
async function measureRandom(dir, { quick, progress }) {
  progress('replay: random accesses');
  const file = join(dir, 'random.dltrace');
  await randomTrace(file, quick ? 1e6 : 1e7);
  return [await measure('random pages, full', file, null, quick ? 1e7 : 4e7), await decodedPerSecond('  decoding alone', file, false)];
}

/** `enough`: accesses of one measurement of the trace. */
async function measure(what, file, lackeyPerS, enough) {
  const rounds = enough < 2e7 ? 1 : 3;
  const replayed = [];
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const perS = await perSecond(traceSpec(file), enough);
    const synthetic = [];
    for (const pattern of SYNTHETIC) synthetic.push(await perSecond(syntheticSpec(file, pattern), enough));
    replayed.push(perS);
    ratios.push(synthetic.map((other) => perS / other));
  }
  const perS = median(replayed);
  const ratio = (i) => median(ratios.map((round) => round[i]));
  return {
    trace: what,
    per_s: perS / 1e6,
    to_zipf: ratio(0),
    to_hot_cold: ratio(1),
    to_chase: ratio(2),
    to_uniform: ratio(3),
    lackey_per_s: lackeyPerS === null ? null : lackeyPerS / 1e6,
    to_lackey: lackeyPerS === null ? null : perS / lackeyPerS,
  };
}

/** Accesses per second of CPU time of one thread. */
async function perSecond(spec, enough) {
  const passes = ({ accesses }) => (spec.kind === 'trace' ? Math.ceil(enough / accesses) : 2);
  return rateOf((times) => runOnce(spec, times), passes);
}

/**
 * The rate of `run` by a long run less a short one, so that start-up counts for neither. What is between them lasts long enough, or two
 * readings of a clock may be the wrong way round.
 */
async function rateOf(run, passes) {
  const short = await run(1);
  for (let times = 1 + passes(short); ; times *= 4) {
    const long = await run(times);
    if (long.cpuS > 2 * short.cpuS + LEAST_S || times > MOST_PASSES) return (long.accesses - short.accesses) / (long.cpuS - short.cpuS);
  }
}

async function runOnce(spec, times) {
  const workload = spec.kind === 'trace' ? { ...spec, repeat: times } : { ...spec, pattern: { ...spec.pattern, durationNs: times * 2e8 } };
  const machine = await Machine.create(benchMachine(workload, 4 * 2 ** 30), { executor: 'inline', observer: QUIET });
  const before = process.cpuUsage();
  await machine.run();
  const { user, system } = process.cpuUsage(before);
  const { accesses } = machine.runCounters();
  await machine.close();
  return { cpuS: (user + system) / 1e6, accesses };
}

/** The same of a program that is only asked for its batches, in order or as they come: decoding alone. */
async function decodedPerSecond(what, file, inOrder) {
  const rate = await rateOf(
    (times) => decodeOnce(file, inOrder, times),
    ({ accesses }) => Math.ceil(2e7 / accesses),
  );
  return { trace: what, per_s: rate / 1e6 };
}

function decodeOnce(file, inOrder, repeat) {
  const program = traceWorkload({ ...traceSpec(file), repeat }).program(0);
  const batch = {};
  let accesses = 0;
  const before = process.cpuUsage();
  for (program.next(batch, 0); batch.kind !== 0; program.next(batch, 0)) {
    if (inOrder) program.unfold(batch);
    for (let i = batch.cursor; i < batch.end; i++) accesses += batch.runs.counts[i];
  }
  const { user, system } = process.cpuUsage(before);
  return { accesses, cpuS: (user + system) / 1e6 };
}

/** A pattern over as much memory as the trace touches. */
function syntheticSpec(file, pattern) {
  const bytes = Math.max(2 ** 20, TraceFile.open(file).footer.touchedPages * 4096);
  return { kind: 'synthetic', name: 'bench', threads: 1, pattern: { bytes, writeRatio: 0.35, computePs: 1000, ...pattern } };
}

/** Accesses per second that lackey writes, with its text going nowhere: its own speed, not the disk's. */
function lackeyPerSecond(command, dir) {
  const start = process.hrtime.bigint();
  const valgrind = `timeout 10 valgrind --tool=lackey --trace-mem=yes --log-fd=9 "$@" 9>&1 >/dev/null | grep -c '^ [LSM]'`;
  const { stdout } = spawnSync('sh', ['-c', valgrind, 'sh', ...command], { cwd: dir, encoding: 'utf8' });
  return Number(stdout) / (Number(process.hrtime.bigint() - start) / 1e9);
}

async function memoryNotes(dir, { progress }) {
  progress('replay: memory');
  const file = join(dir, 'large.dltrace');
  await randomTrace(file, LARGE);
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(0);
  const { limitMib, rss } = replayMemory(file);
  const trace = `memory: a trace of ${mib(statSync(file).size)} MiB, replayed with a heap of ${limitMib} MiB;`;
  return [`${trace} resident at the start and after each quarter: ${rss.map(mib).join(', ')} MiB`];
}

const COLUMNS = [
  { key: 'trace', title: 'trace' },
  { key: 'per_s', title: 'M/s', digits: 1 },
  { key: 'to_zipf', title: '/ zipf', digits: 2 },
  { key: 'to_hot_cold', title: '/ hot_cold', digits: 2 },
  { key: 'to_chase', title: '/ chase', digits: 2 },
  { key: 'to_uniform', title: '/ uniform', digits: 2 },
  { key: 'lackey_per_s', title: 'lackey M/s', digits: 2 },
  { key: 'to_lackey', title: '/ lackey', digits: 0 },
];
const NOTES = [
  'accesses per second of CPU time on a machine with TLB, truth and DAMON; bar: 0.5 of a pattern and 300 times lackey',
  'patterns go over as much memory as the trace touches; lackey: its text counted by grep, stopped after 10 s',
  'decoding alone: batches that nobody makes, as sums where there are outlines, or in order: the bound of any access loop',
  'uniform: random pages of the whole footprint, as in the last trace: what misses in the TLB as often',
  'pages: a repeat within a window is part of a run, and a run costs one access; full: every access is one',
];
