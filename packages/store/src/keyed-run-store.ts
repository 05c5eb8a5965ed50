import type { Claims } from './claims.js';
import { bucketsOf, keys } from './keys.js';
import type { Medium, ReadCommand, WriteCommand } from './medium.js';
import type { ResultShelf } from './result-shelf.js';
import type { PointCounts, PointOutcome, RunResult, RunStore, SweepEvent, SweepRecord, SweepState, WorkerRecord } from './run-store.js';

/** The store in terms of keys, the same on disk and on Redis. */
export class KeyedRunStore implements RunStore {
  readonly #medium: Medium;
  readonly #claims: Claims;
  readonly #results: ResultShelf;

  constructor(medium: Medium, claims: Claims, results: ResultShelf) {
    this.#medium = medium;
    this.#claims = claims;
    this.#results = results;
  }

  get where(): string {
    return this.#medium.where;
  }

  async putSweep({ state, ...record }: SweepRecord): Promise<void> {
    const key = keys.sweep(record.name);
    await this.#medium.write([
      ['hset', key, 'record', JSON.stringify(record)],
      ['hset', key, 'state', state],
      ['del', keys.workers(record.name)],
      ['sadd', keys.sweeps, record.name],
    ]);
    await this.publish({ type: 'state', sweep: record.name, state });
  }

  async getSweep(name: string): Promise<SweepRecord | null> {
    const [fields] = await this.#medium.read([['hgetall', keys.sweep(name)]]);
    const { record, state } = fields as Record<string, string>;
    return record === undefined ? null : { ...JSON.parse(record), state };
  }

  async setState(name: string, state: SweepState): Promise<void> {
    await this.#medium.write([['hset', keys.sweep(name), 'state', state]]);
    await this.publish({ type: 'state', sweep: name, state });
  }

  async sweeps(): Promise<SweepRecord[]> {
    const [names] = await this.#medium.read([['smembers', keys.sweeps]]);
    const records = await Promise.all((names as string[]).sort().map((name) => this.getSweep(name)));
    return records.filter((record) => record !== null);
  }

  claim(name: string, owner: string): Promise<boolean> {
    return this.#claims.claim(name, owner);
  }

  release(name: string, owner: string): Promise<void> {
    return this.#claims.release(name, owner);
  }

  async finish(name: string, index: number, outcome: PointOutcome): Promise<boolean> {
    const [bucket] = bucketsOf(index, index + 1);
    const [done, failed] = [keys.done(name, bucket), keys.failed(name, bucket)];
    const field = String(index);
    const text = JSON.stringify(outcome);
    if (outcome.state === 'failed') {
      const [isDone] = await this.#medium.read([['hget', done, field]]);
      if (isDone !== null) return false;
      await this.#medium.write([['hsetnx', failed, field, text]]);
    } else {
      await this.#medium.write([
        ['hsetnx', done, field, text],
        ['hdel', failed, field],
      ]);
    }
    // The reply to `hsetnx` is not enough: a transaction whose connection broke is made twice.
    const [kept] = await this.#medium.read([['hget', outcome.state === 'failed' ? failed : done, field]]);
    if (kept !== text) return false;
    await this.publish({ type: 'point', sweep: name, index, outcome });
    return true;
  }

  async counts(name: string): Promise<PointCounts> {
    const buckets = await this.#allBuckets(name);
    const lengths = await this.#medium.read(
      buckets.flatMap((bucket): ReadCommand[] => [
        ['hlen', keys.done(name, bucket)],
        ['hlen', keys.failed(name, bucket)],
      ]),
    );
    const sum = (parity: number) => lengths.reduce((total: number, length, i) => (i % 2 === parity ? total + Number(length) : total), 0);
    return { done: sum(0), failed: sum(1) };
  }

  async *outcomes(name: string, from: number, to: number): AsyncIterable<readonly [number, PointOutcome]> {
    const buckets = bucketsOf(from, to);
    for (let i = 0; i < buckets.length; i += BUCKETS_AT_ONCE) {
      const some = buckets.slice(i, i + BUCKETS_AT_ONCE);
      const hashes = await this.#medium.read(
        some.flatMap((bucket): ReadCommand[] => [
          ['hgetall', keys.failed(name, bucket)],
          ['hgetall', keys.done(name, bucket)],
        ]),
      );
      // Done after failed: what is done is done.
      const found = new Map<number, string>();
      for (const hash of hashes) for (const [field, text] of Object.entries(hash as Record<string, string>)) found.set(Number(field), text);
      const indexes = [...found.keys()].filter((index) => index >= from && index < to).sort((a, b) => a - b);
      for (const index of indexes) yield [index, JSON.parse(found.get(index) as string)];
    }
  }

  async forget(name: string, indexes: readonly number[]): Promise<void> {
    const commands = indexes.flatMap((index): WriteCommand[] => {
      const [bucket] = bucketsOf(index, index + 1);
      return [
        ['hdel', keys.done(name, bucket), String(index)],
        ['hdel', keys.failed(name, bucket), String(index)],
      ];
    });
    if (commands.length > 0) await this.#medium.write(commands);
  }

  async forgetAll(name: string): Promise<void> {
    const commands = (await this.#allBuckets(name)).flatMap((bucket): WriteCommand[] => [
      ['del', keys.done(name, bucket)],
      ['del', keys.failed(name, bucket)],
    ]);
    if (commands.length > 0) await this.#medium.write(commands);
  }

  getResult(key: string): Promise<RunResult | null> {
    return this.#results.get(key);
  }

  putResult(result: RunResult): Promise<void> {
    return this.#results.put(result);
  }

  async beat(name: string, worker: WorkerRecord): Promise<void> {
    await this.#medium.write([['hset', keys.workers(name), worker.id, JSON.stringify(worker)]]);
  }

  async workers(name: string, sinceMs: number): Promise<WorkerRecord[]> {
    const [hash] = await this.#medium.read([['hgetall', keys.workers(name)]]);
    const all = Object.values(hash as Record<string, string>).map((text): WorkerRecord => JSON.parse(text));
    return all.filter(({ seenMs }) => seenMs >= sinceMs).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  publish(event: SweepEvent): Promise<void> {
    return this.#medium.publish(keys.events, JSON.stringify(event));
  }

  subscribe(listener: (event: SweepEvent) => void): Promise<() => Promise<void>> {
    return this.#medium.subscribe(keys.events, (message) => listener(JSON.parse(message)));
  }

  close(): Promise<void> {
    return this.#medium.close();
  }

  async #allBuckets(name: string): Promise<number[]> {
    const sweep = await this.getSweep(name);
    return sweep === null ? [] : bucketsOf(0, sweep.nrPoints);
  }
}

/** How much is read in one go: some thousands of outcomes. */
const BUCKETS_AT_ONCE = 128;
