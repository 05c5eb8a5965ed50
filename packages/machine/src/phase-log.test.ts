import { NS_PER_US, PS_PER_NS } from '@damonlab/base';
import { allocateChannel, EVENT_EXIT, eventLogEntries, LOG_SLOTS, LogSlot, openChannel } from '@damonlab/cpu';
import type { PhaseRecord } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { PhaseLog } from './phase-log.js';
import { buildProcesses, channelSizes } from './processes.js';
import { machineOf, phases } from './testing/small-machines.js';

/** Two processes of two threads each: threads 0 and 1 on CPUs 0 and 1, threads 2 and 3 on CPUs 2 and 3. */
function setUp() {
  const workload = phases([1, 1, 1], 4, {}, 2);
  const config = machineOf([
    { name: 'a', workload, cpus: [0, 1] },
    { name: 'b', workload, cpus: [2, 3] },
  ]);
  const processes = buildProcesses(config);
  const sizes = channelSizes(config, processes);
  const channel = openChannel(allocateChannel(sizes), sizes);
  const records: PhaseRecord[] = [];
  const log = new PhaseLog(processes, (record) => records.push(record));
  /** One epoch of 1 ms in which CPUs, each by its own thread, report phases: µs, thread, phase. */
  const epoch = (startUs: number, events: readonly (readonly [us: number, thread: number, phase: number])[]) => {
    for (const [us, thread, phase] of events) {
      const slot = thread * eventLogEntries(sizes) + channel.logs[thread * LOG_SLOTS + LogSlot.nrEvents]++;
      channel.eventTimePs[slot] = us * NS_PER_US * PS_PER_NS;
      channel.eventThread[slot] = thread;
      channel.eventPhase[slot] = phase;
    }
    return log.drain(channel, sizes, startUs * NS_PER_US);
  };
  const seen = () => records.map((record) => [record.targetId, record.name, record.startNs / NS_PER_US, record.endNs / NS_PER_US]);
  return { log, epoch, seen };
}

describe('PhaseLog', () => {
  it('a process is in the phase of its first thread', () => {
    const { epoch, seen, log } = setUp();
    epoch(0, [
      [5, 0, 0],
      [7, 1, 0],
      [3, 2, 0],
    ]);
    epoch(1000, [
      [10, 1, 1],
      [20, 0, 1],
      [10, 2, 2],
    ]);
    expect(seen()).toEqual([
      [1, 'p0', 3, 1010],
      [0, 'p0', 5, 1020],
    ]);
    log.finish(3_000 * NS_PER_US);
    expect(seen().slice(2)).toEqual([
      [0, 'p1', 1020, 3000],
      [1, 'p2', 1010, 3000],
    ]);
  });

  it('a process lives as long as one of its threads', () => {
    const { epoch, log } = setUp();
    expect(epoch(0, [[4, 0, EVENT_EXIT]])).toEqual([]);
    expect([log.alive(0), log.endedNs(0)]).toEqual([true, Number.POSITIVE_INFINITY]);
    expect(
      epoch(1000, [
        [6, 1, EVENT_EXIT],
        [5, 3, EVENT_EXIT],
      ]),
    ).toEqual([0]);
    expect([log.alive(0), log.alive(1), log.endedNs(0)]).toEqual([false, true, 1006 * NS_PER_US]);
    expect(epoch(2000, [[0, 2, EVENT_EXIT]])).toEqual([1]);
  });

  it('forgets what it has taken over', () => {
    const { epoch, seen, log } = setUp();
    epoch(0, [[5, 0, 0]]);
    epoch(1000, []);
    log.finish(1_500 * NS_PER_US);
    log.finish(2_000 * NS_PER_US);
    expect(seen()).toEqual([[0, 'p0', 5, 1500]]);
  });
});
