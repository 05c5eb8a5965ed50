/** A process of its own for `memory`: touches so many bytes on a simulated machine and prints resident sizes. */
import { Machine } from '../../packages/machine/dist/index.js';
import { benchMachine } from './bench-machine.mjs';

const bytes = Number(process.argv[2]);
const quiet = { snapshot() {}, truth() {}, phase() {}, cpuCounters() {}, attribution() {}, accessTruth() {}, rows() {} };
globalThis.gc();
const baseBytes = process.memoryUsage.rss();
const pattern = { pattern: 'sparse', bytes, durationNs: 1e9, writeRatio: 1, computePs: 1000, sweepEveryNs: 100_000 };
const config = benchMachine({ kind: 'synthetic', name: 'touch', threads: 1, pattern }, 2 * bytes);
const machine = await Machine.create(config, { executor: 'inline', observer: quiet });
await machine.run();
globalThis.gc();
const peakBytes = process.memoryUsage.rss();
await machine.close();
process.stdout.write(`${JSON.stringify({ baseBytes, peakBytes })}\n`);
