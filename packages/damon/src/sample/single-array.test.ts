import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessReport } from './report.js';
import { NO_REPORTS } from './report-channel.js';
import { ACCESS_REPORTS_CAP, SingleArray } from './single-array.js';
import { drained, reportOf } from './testing/reports.js';

function array(): SingleArray {
  return new SingleArray(SingleArray.allocate());
}

describe('SingleArray', () => {
  it('brings every field of a report over', () => {
    const report = {
      vaddr: 2 ** 47 - 1,
      paddr: 2 ** 40 + 3,
      size: 4096,
      cpu: 3,
      tid: 77,
      tgid: 70,
      isWrite: true,
      timeNs: 5,
      latencyNs: 0.5,
    };
    const channel = array();
    channel.report(report);
    expect(drained(channel, 5)).toEqual([report]);
  });

  it('shows a report again to the next drain, as long as it is young enough', () => {
    const channel = array();
    channel.report(reportOf({ timeNs: 100 }));
    expect(drained(channel, 150, 100)).toHaveLength(1);
    expect(drained(channel, 200, 100)).toHaveLength(1);
    expect(drained(channel, 201, 100)).toHaveLength(0);
    expect(channel.counters).toEqual({ ...NO_REPORTS, queued: 1, repeated: 1 });
  });

  it('counts a report as stale once, and only when no drain had shown it', () => {
    const channel = array();
    channel.report(reportOf({ timeNs: 100 }));
    for (let i = 0; i < 3; i++) expect(drained(channel, 500, 100)).toEqual([]);
    expect(channel.counters).toEqual({ ...NO_REPORTS, queued: 1, stale: 1 });
  });

  it('begins again when it is full, and counts what nobody had seen', () => {
    const channel = array();
    for (let i = 0; i < 400; i++) channel.report(reportOf());
    expect(drained(channel)).toHaveLength(400);
    for (let i = 400; i < ACCESS_REPORTS_CAP; i++) expect(channel.report(reportOf())).toBe(true);
    expect(channel.counters.wrapped).toBe(0);
    expect(channel.report(reportOf({ cpu: 7 }))).toBe(true);
    expect(drained(channel).map(({ cpu }) => cpu)).toEqual([7]);
    expect(channel.counters).toEqual({ ...NO_REPORTS, queued: 1001, wrapped: 600 });
  });

  it('drops what is reported while the lock is taken', () => {
    const channel = array();
    channel.report(reportOf());
    channel.drain(0, 0, () => expect(channel.report(reportOf())).toBe(false));
    expect(channel.counters).toEqual({ ...NO_REPORTS, queued: 1, trylock_drop: 1 });
    expect(channel.report(reportOf())).toBe(true);
  });

  it('gives the lock back when a visit throws', () => {
    const channel = array();
    channel.report(reportOf());
    expect(() =>
      channel.drain(0, 0, () => {
        throw new Error('visit');
      }),
    ).toThrow('visit');
    expect(channel.report(reportOf())).toBe(true);
  });

  it('shows, repeats, loses and counts as a plain list does', () => {
    const step = fc.oneof(
      fc.record({ reports: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ pass: fc.integer({ min: 1, max: 30 }), maxAge: fc.integer({ min: 0, max: 40 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const channel = array();
        let list: { report: AccessReport; seen: boolean }[] = [];
        const counters = { ...NO_REPORTS, queued: 0, wrapped: 0, stale: 0, repeated: 0 };
        let now = 0;
        for (const one of steps) {
          if ('reports' in one) {
            for (let i = 0; i < one.reports; i++) {
              if (list.length === 1000) {
                counters.wrapped += list.filter(({ seen }) => !seen).length;
                list = [];
              }
              const report = reportOf({ timeNs: now, tid: ++counters.queued });
              list.push({ report, seen: false });
              channel.report(report);
            }
            continue;
          }
          now += one.pass;
          const young = list.filter(({ report }) => now - report.timeNs <= one.maxAge);
          counters.stale += list.filter((entry) => !entry.seen && !young.includes(entry)).length;
          counters.repeated += young.filter(({ seen }) => seen).length;
          expect(drained(channel, now, one.maxAge)).toEqual(young.map(({ report }) => report));
          for (const entry of list) entry.seen = true;
        }
        expect(channel.counters).toEqual(counters);
      }),
      { numRuns: 40 },
    );
  });

  it("between three threads: every report is whole, in its CPU's order, and counted", async () => {
    const count = 60_000;
    const buffer = SingleArray.allocate();
    const channel = new SingleArray(buffer);
    const workers = [1, 2].map((cpu) => {
      const worker = new Worker(new URL('testing/array-producer.mjs', import.meta.url), { workerData: { buffer, cpu, count } });
      return { worker, taken: once(worker, 'message') as Promise<[number]> };
    });
    let done: number[] | undefined;
    Promise.all(workers.map(({ taken }) => taken)).then((messages) => {
      done = messages.map(([taken]) => taken);
    });
    let torn = 0;
    let visits = 0;
    const drain = (): void => {
      const last = [0, 0, 0];
      channel.drain(0, Number.MAX_SAFE_INTEGER, ({ vaddr, paddr, cpu, timeNs }) => {
        if (vaddr !== -timeNs || paddr !== cpu || timeNs <= last[cpu]) torn++;
        last[cpu] = timeNs;
        visits++;
      });
    };
    while (done === undefined) {
      drain();
      await setImmediate();
    }
    drain();
    await Promise.all(workers.map(({ worker }) => worker.terminate()));
    const { queued, trylock_drop, wrapped, repeated } = channel.counters;
    expect(torn).toBe(0);
    expect(queued).toBe(done[0] + done[1]);
    expect(queued + trylock_drop).toBe(2 * count);
    expect(visits - repeated + wrapped).toBe(queued);
  });
});
