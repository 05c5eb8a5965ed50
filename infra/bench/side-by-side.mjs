import { Cpu } from '../../packages/cpu/dist/index.js';
import { Machine } from '../../packages/machine/dist/index.js';
import { QUIET } from './simulated.mjs';

/**
 * Machines that run in turns in this thread, some 30 ms each, until the end of their workloads. What slows the host down for a moment
 * slows neighbours alike, so the ratio of two turns says more than that of two runs.
 * @param {object[]} configs `MachineConfig`s with one CPU each, whose workloads have no end of their own but time
 * @returns {Promise<{ ns: number[], loopNs: number[], counters: object }[]>} for each machine and turn after the warm-up, wall time
 *   for one simulated access: all of the turn, and the epochs of its simulated CPU
 */
export async function sideBySide(configs) {
  const machines = [];
  for (const config of configs) machines.push(await Machine.create(config, { executor: 'inline', observer: QUIET }));
  const turns = await watchTurns(() => Promise.all(machines.map((machine) => machine.run())));
  const cpus = [...new Set(turns.map((turn) => turn.cpu))];
  const results = machines.map((machine, m) => {
    const counters = machine.runCounters();
    const own = turns.filter((turn) => turn.cpu === cpus[m]);
    const epochs = own.reduce((sum, turn) => sum + turn.epochMs.length, 0);
    const perEpoch = counters.accesses / epochs / 1e6;
    const warm = own.slice(WARM_UP, -1);
    return {
      ns: warm.map((turn) => turn.ms / turn.epochMs.length / perEpoch),
      loopNs: warm.map((turn) => turn.epochMs.reduce((sum, ms) => sum + ms, 0) / turn.epochMs.length / perEpoch),
      counters,
    };
  });
  for (const machine of machines) await machine.close();
  return results;
}

/** Turns until code is compiled and pages have been touched. */
const WARM_UP = 3;

/** Who ran when while `run` was at work: one turn is a row of epochs of one CPU. */
async function watchTurns(run) {
  const turns = [];
  const { runEpoch } = Cpu.prototype;
  Cpu.prototype.runEpoch = function timedEpoch() {
    const start = performance.now();
    runEpoch.call(this);
    const end = performance.now();
    let turn = turns.at(-1);
    if (turn?.cpu !== this) {
      if (turn !== undefined) turn.ms = start - turn.start;
      turn = { cpu: this, start, ms: 0, epochMs: [] };
      turns.push(turn);
    }
    turn.epochMs.push(end - start);
  };
  try {
    await run();
  } finally {
    Cpu.prototype.runEpoch = runEpoch;
  }
  return turns;
}
