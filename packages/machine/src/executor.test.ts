import { NS_PER_MS, RunError, UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { type ExecutorSpec, parseExecutor } from './executor.js';
import { Machine } from './machine.js';
import { MIB, MONITOR, machineOf, Notes, synthetic, twoNodes } from './testing/small-machines.js';

describe('parseExecutor', () => {
  it.each(['threads', 'inline', 'lanes:1', 'lanes:12'])('takes %s', (text) => {
    expect(parseExecutor(text)).toBe(text);
  });

  it.each(['', 'thread', 'lanes', 'lanes:', 'lanes:0', 'lanes:-1', 'lanes:2.5', 'lanes:99999', ' inline'])('refuses "%s"', (text) => {
    expect(() => parseExecutor(text)).toThrow(UserError);
    expect(() => parseExecutor(text)).toThrow(/--executor: unknown executor\n.*threads, inline, or lanes:N/);
  });
});

/** Workers that have ended have thread number -1. */
const running = (machine: Machine) => machine.workers.filter((worker) => worker.threadId !== -1).length;

const long = machineOf([{ name: 'a', workload: synthetic(MIB, 1e6, 4, 'pointer_chase'), cpus: [] }], { monitor: MONITOR });

describe('executors', () => {
  it.each<[ExecutorSpec, number]>([
    ['inline', 0],
    ['threads', 4],
    ['lanes:1', 1],
    ['lanes:3', 3],
    ['lanes:9', 4],
  ])('%s carries four CPUs with %d workers, which are gone afterwards', async (executor, workers) => {
    const machine = await Machine.create({ ...long, durationNs: 5 * NS_PER_MS }, { executor, observer: new Notes() });
    expect(machine.workers).toHaveLength(workers);
    expect(running(machine)).toBe(workers);
    expect(await machine.run()).toEqual({ state: 'complete', virtualNs: 5 * NS_PER_MS });
    await machine.close();
    expect(running(machine)).toBe(0);
  });

  it('is closed before it runs: nothing is left', async () => {
    const machine = await Machine.create(long, { executor: 'threads', observer: new Notes() });
    await machine.close();
    expect(running(machine)).toBe(0);
  });
});

describe('a run that does not come to its end', () => {
  it.each<ExecutorSpec>(['threads', 'lanes:2'])(
    '%s: a worker that dies ends the run, and no other worker is left behind',
    async (executor) => {
      const machine = await Machine.create(long, { executor, observer: new Notes() });
      let died = false;
      const onProgress = () => {
        if (died) return;
        died = true;
        void machine.workers[1].terminate();
      };
      try {
        const run = machine.run({ onProgress });
        await expect(run).rejects.toThrow(RunError);
        await expect(run).rejects.toThrow(/CPU worker 1 died: it exited with status 1/);
      } finally {
        await machine.close();
      }
      expect(running(machine)).toBe(0);
    },
  );

  it.each<ExecutorSpec>(['inline', 'threads'])('%s: a signal interrupts it, and what was recorded is whole', async (executor) => {
    const notes = new Notes();
    const machine = await Machine.create(long, { executor, observer: notes });
    const stop = new AbortController();
    const outcome = await machine.run({ signal: stop.signal, onProgress: () => stop.abort() });
    await machine.close();
    expect(outcome.state).toBe('interrupted');
    expect(outcome.virtualNs).toBeGreaterThan(0);
    expect(notes.phases.at(-1)?.endNs).toBe(outcome.virtualNs);
    expect(running(machine)).toBe(0);
  });

  it('a signal that was there before: not one epoch', async () => {
    const machine = await Machine.create(long, { executor: 'inline', observer: new Notes() });
    expect(await machine.run({ signal: AbortSignal.abort() })).toEqual({ state: 'interrupted', virtualNs: 0 });
  });

  it.each<ExecutorSpec>(['inline', 'lanes:2'])('%s: memory that is full ends it', async (executor) => {
    const config = machineOf([{ name: 'a', workload: synthetic(9 * MIB, 1e6, 4, 'pointer_chase'), cpus: [] }], { topology: twoNodes(4) });
    const machine = await Machine.create(config, { executor, observer: new Notes() });
    try {
      const run = machine.run();
      await expect(run).rejects.toThrow(RunError);
      await expect(run).rejects.toThrow(/out of memory/);
    } finally {
      await machine.close();
    }
    expect(running(machine)).toBe(0);
  });
});
