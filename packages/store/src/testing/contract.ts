import { hostname } from 'node:os';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../backend.js';
import type { Job } from '../job-queue.js';
import type { PointDone, PointFailed, RunResult, SweepEvent, SweepRecord, WorkerRecord } from '../run-store.js';

/** A backend that was never used, and a second door to the same one. */
export interface Rig {
  readonly backend: Backend;
  /** Open it once more, as another process would. */
  again(): Promise<Backend>;
  end(): Promise<void>;
}

/** Whoever waits for another process waits longer where machines are busy. */
const PATIENT = { timeout: 30_000 };

/** As an owner of this machine names itself; process 1 always lives. */
const HERE = hostname();

const sweep = (name: string, nrPoints = 100): SweepRecord => ({
  name,
  planHash: 'ab'.repeat(32),
  exporter: 'damonlab@0.0.0',
  state: 'running',
  nrPoints,
  plan: { axes: ['ä "quoted"\n'] },
});
const done = (n: number): PointDone => ({
  state: 'done',
  key: `k${n}`,
  bits: `b${n}`,
  figures: { recall: n / 7, precision: null },
  missing: ['summary.precision'],
  worker: 'w',
  ms: n,
});
const failed: PointFailed = { state: 'failed', error: 'out of memory\n  at node 0', tries: 3, worker: 'w' };
const result = (key: string): RunResult => ({
  key,
  scenarioHash: 'ff',
  exporter: 'damonlab@0.0.0',
  bits: 'b',
  figures: { 'summary.n_snap': 5 },
  missing: [],
  run: null,
});

/** What every backend has to do. Run it against a new one before anything else. */
export function contract(make: () => Promise<Rig>): void {
  let rig: Rig;
  beforeEach(async () => {
    rig = await make();
  });
  afterEach(() => rig.end());
  describe('sweeps', () => ofSweeps(() => rig));
  describe('points', () => ofPoints(() => rig));
  describe('results, workers, events', () => ofTheRest(() => rig));
  describe('jobs', () => ofJobs(() => rig));
}

function ofSweeps(rig: () => Rig): void {
  const store = () => rig().backend.store;

  it('are kept, and seen through another door', async () => {
    expect(await store().getSweep('a')).toBeNull();
    await store().putSweep(sweep('b'));
    await store().putSweep(sweep('a'));
    await store().setState('a', 'cancelled');
    const other = await rig().again();
    expect(await other.store.getSweep('a')).toEqual({ ...sweep('a'), state: 'cancelled' });
    expect((await other.store.sweeps()).map(({ name }) => name)).toEqual(['a', 'b']);
    await other.store.setState('a', 'complete');
    expect((await store().getSweep('a'))?.state).toBe('complete');
  });

  it('have one coordinator', async () => {
    const other = (await rig().again()).store;
    expect(await store().claim('a', `${HERE}/1`)).toBe(true);
    expect(await store().claim('a', `${HERE}/1`)).toBe(true);
    expect(await other.claim('a', 'elsewhere/2')).toBe(false);
    expect(await other.claim('b', 'elsewhere/2')).toBe(true);
    await other.release('a', 'elsewhere/2');
    expect(await other.claim('a', 'elsewhere/2')).toBe(false);
    await store().release('a', `${HERE}/1`);
    expect(await other.claim('a', 'elsewhere/2')).toBe(true);
  });
}

function ofPoints(rig: () => Rig): void {
  const store = () => rig().backend.store;
  const outcomes = async (name: string, from = 0, to = 100) => {
    const list: (readonly [number, unknown])[] = [];
    for await (const entry of store().outcomes(name, from, to)) list.push(entry);
    return list;
  };

  it('the first outcome counts, whoever comes later', async () => {
    const other = (await rig().again()).store;
    const won = await Promise.all([store().finish('s', 7, done(1)), other.finish('s', 7, done(2)), store().finish('s', 7, done(3))]);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store().outcomesOf('s', [3, 7, 99])).toEqual(new Map([[7, done(won.indexOf(true) + 1)]]));
    expect(await outcomes('s')).toEqual([[7, done(won.indexOf(true) + 1)]]);
    expect(await store().counts('s', 100)).toEqual({ done: 1, failed: 0 });
  });

  it('done is done: nobody can fail at it, and a failed one can still be done', async () => {
    expect(await store().finish('s', 1, failed)).toBe(true);
    expect(await store().counts('s', 100)).toEqual({ done: 0, failed: 1 });
    expect(await outcomes('s')).toEqual([[1, failed]]);
    expect(await store().finish('s', 1, done(1))).toBe(true);
    expect(await store().finish('s', 1, failed)).toBe(false);
    expect(await outcomes('s')).toEqual([[1, done(1)]]);
    expect(await store().counts('s', 100)).toEqual({ done: 1, failed: 0 });
  });

  it('are forgotten on request', async () => {
    for (let i = 0; i < 100; i += 9) await store().finish('s', i, i % 2 === 0 ? done(i) : failed);
    await store().forget('s', [9, 18]);
    expect((await outcomes('s', 0, 30)).map(([index]) => index)).toEqual([0, 27]);
    expect(await store().finish('s', 9, done(9))).toBe(true);
    await store().forgetAll('s', 100);
    expect(await outcomes('s')).toEqual([]);
    expect(await store().counts('s', 100)).toEqual({ done: 0, failed: 0 });
  });

  it('as a table from index to outcome does it (model)', async () => {
    const point = fc.record({ index: fc.nat(99), failing: fc.boolean(), forget: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(point, { maxLength: 40 }), fc.nat(99), async (steps, from) => {
        await store().forgetAll('s', 100);
        const model = new Map<number, unknown>();
        for (const { index, failing, forget } of steps) {
          const outcome = failing ? failed : done(index);
          const had = model.get(index);
          if (forget) {
            await store().forget('s', [index]);
            model.delete(index);
          } else if (had === undefined || (had === failed && !failing)) {
            expect(await store().finish('s', index, outcome)).toBe(true);
            model.set(index, outcome);
          } else if (!(had === failed && failing)) {
            expect(await store().finish('s', index, { ...outcome, worker: 'late' })).toBe(false);
          }
        }
        const expected = [...model].filter(([index]) => index >= from && index < from + 50).sort(([a], [b]) => a - b);
        expect(await outcomes('s', from, from + 50)).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });
}

function ofTheRest(rig: () => Rig): void {
  const store = () => rig().backend.store;

  it('results are kept under their keys; the newer one stands', async () => {
    expect(await store().getResult('aa11')).toBeNull();
    await store().putResult(result('aa11'));
    await store().putResult({ ...result('aa11'), figures: { 'summary.n_snap': 5, 'wss.wss.p50': 1 } });
    expect((await (await rig().again()).store.getResult('aa11'))?.figures).toEqual({ 'summary.n_snap': 5, 'wss.wss.p50': 1 });
  });

  it('workers are seen for a while', async () => {
    const worker = (id: string, seenMs: number): WorkerRecord => ({ id, host: 'h', pid: 1, jobs: 2, running: 1, done: 0, seenMs });
    await store().beat('s', worker('b', 100));
    await store().beat('s', worker('a', 200));
    await store().beat('s', worker('b', 300));
    expect((await store().workers('s', 200)).map(({ id, seenMs }) => [id, seenMs])).toEqual([
      ['a', 200],
      ['b', 300],
    ]);
    expect(await store().workers('s', 250)).toHaveLength(1);
  });

  it('events reach those who listen', async () => {
    const seen: SweepEvent[] = [];
    const stop = await store().subscribe((event) => seen.push(event));
    await store().putSweep(sweep('s'));
    await store().finish('s', 3, done(3));
    await store().finish('s', 3, done(4));
    await store().setState('s', 'complete');
    await expect.poll(() => seen.length, PATIENT).toBe(3);
    expect(seen).toEqual([
      { type: 'state', sweep: 's', state: 'running' },
      { type: 'point', id: 's', index: 3, outcome: done(3) },
      { type: 'state', sweep: 's', state: 'complete' },
    ]);
    await stop();
    await store().setState('s', 'running');
    expect(seen).toHaveLength(3);
  });
}

function ofJobs(rig: () => Rig): void {
  const specs = (n: number) => Array.from({ length: n }, (_, i) => ({ id: String(i), data: i }));

  it('are done once each, in order, so many at a time', async () => {
    const queue = rig().backend.queue<number>('q');
    await queue.add(specs(20));
    await queue.add(specs(20));
    expect(await queue.counts()).toEqual({ waiting: 20, running: 0 });
    const order: number[] = [];
    let [running, most] = [0, 0];
    const taker = queue.take(2, async ({ data }) => {
      order.push(data);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
    });
    await expect.poll(async () => (await queue.counts()).waiting + (await queue.counts()).running, PATIENT).toBe(0);
    await taker.stop();
    expect(order).toEqual(specs(20).map(({ data }) => data));
    expect(most).toBe(2);
  });

  it('one that fails is tried again, and knows how often', async () => {
    const queue = rig().backend.queue<number>('q');
    const tries: (readonly [string, number, number])[] = [];
    const taker = queue.take(1, async ({ id, failures, starts }: Job<number>) => {
      tries.push([id, failures, starts]);
      if (failures < 2) throw new Error('again');
    });
    await queue.add(specs(1));
    await expect.poll(() => tries.length, PATIENT).toBe(3);
    await taker.stop();
    expect(tries).toEqual([
      ['0', 0, 1],
      ['0', 1, 2],
      ['0', 2, 3],
    ]);
    expect(await queue.counts()).toEqual({ waiting: 0, running: 0 });
  });

  it('one that always fails at once leaves the event loop to others', async () => {
    const queue = rig().backend.queue<number>('q');
    let [fails, fired] = [0, false];
    setTimeout(() => {
      fired = true;
    });
    const taker = queue.take(1, async () => {
      if (!fired && ++fails < 10_000) throw new Error('again');
    });
    await queue.add(specs(1));
    await expect.poll(async () => (await queue.counts()).waiting + (await queue.counts()).running, PATIENT).toBe(0);
    await taker.stop();
    expect(fired).toBe(true);
    expect(fails).toBeLessThan(10_000);
  });

  it('what waits can be dropped, and put in line anew; a taker that stops ends what it has', async () => {
    const queue = rig().backend.queue<number>('q');
    const finished: number[] = [];
    const slow = async ({ data }: Job<number>) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      finished.push(data);
    };
    const taker = queue.take(1, slow);
    await queue.add(specs(10));
    await expect.poll(async () => (await queue.counts()).running, PATIENT).toBe(1);
    await queue.clear();
    await taker.stop();
    expect(finished).toEqual([0]);
    expect(await queue.counts()).toEqual({ waiting: 0, running: 0 });
    await queue.add(specs(3));
    expect((await queue.counts()).waiting).toBe(3);
  });
}
