import type { Claims } from './claims.js';
import { bucketOf, bucketsOf, keys } from './keys.js';
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

  async putSweep({ state, ...record }: SweepRecord): Promise<void> {
    const key = keys.sweep(record.name);
    await this.#medium.write([
      ['hset', key, 'record', JSON.stringify(record)],
      ['hset', key, 'state', state],
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

  async finish(id: string, index: number, outcome: PointOutcome): Promise<boolean> {
    const bucket = bucketOf(index);
    const [done, failed] = [keys.done(id, bucket), keys.failed(id, bucket)];
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
    await this.publish({ type: 'point', id, index, outcome });
    return true;
  }

  async counts(id: string, nrPoints: number): Promise<PointCounts> {
    const lengths = await this.#medium.read(
      bucketsOf(0, nrPoints).flatMap((bucket): ReadCommand[] => [
        ['hlen', keys.done(id, bucket)],
        ['hlen', keys.failed(id, bucket)],
      ]),
    );
    const sum = (parity: number) => lengths.reduce((total: number, length, i) => (i % 2 === parity ? total + Number(length) : total), 0);
    return { done: sum(0), failed: sum(1) };
  }

  async *outcomes(id: string, from: number, to: number): AsyncIterable<readonly [number, PointOutcome]> {
    const buckets = bucketsOf(from, to);
    for (let i = 0; i < buckets.length; i += BUCKETS_AT_ONCE) {
      const found = await this.#outcomesIn(id, buckets.slice(i, i + BUCKETS_AT_ONCE));
      const indexes = [...found.keys()].filter((index) => index >= from && index < to).sort((a, b) => a - b);
      for (const index of indexes) yield [index, JSON.parse(found.get(index) as string)];
    }
  }

  async outcomesOf(id: string, indexes: Iterable<number>): Promise<Map<number, PointOutcome>> {
    const wanted = [...indexes];
    const found = await this.#outcomesIn(id, [...new Set(wanted.map(bucketOf))]);
    return new Map(wanted.flatMap((index) => (found.has(index) ? [[index, JSON.parse(found.get(index) as string)]] : [])));
  }

  async forget(id: string, indexes: readonly number[]): Promise<void> {
    const commands = indexes.flatMap((index): WriteCommand[] => [
      ['hdel', keys.done(id, bucketOf(index)), String(index)],
      ['hdel', keys.failed(id, bucketOf(index)), String(index)],
    ]);
    if (commands.length > 0) await this.#medium.write(commands);
  }

  async forgetAll(id: string, nrPoints: number): Promise<void> {
    const commands = bucketsOf(0, nrPoints).flatMap((bucket): WriteCommand[] => [
      ['del', keys.done(id, bucket)],
      ['del', keys.failed(id, bucket)],
    ]);
    if (commands.length > 0) await this.#medium.write([...commands, ['del', keys.workers(id)]]);
  }

  getResult(key: string): Promise<RunResult | null> {
    return this.#results.get(key);
  }

  putResult(result: RunResult): Promise<void> {
    return this.#results.put(result);
  }

  async beat(id: string, worker: WorkerRecord): Promise<void> {
    await this.#medium.write([['hset', keys.workers(id), worker.id, JSON.stringify(worker)]]);
  }

  async workers(id: string, sinceMs: number): Promise<WorkerRecord[]> {
    const [hash] = await this.#medium.read([['hgetall', keys.workers(id)]]);
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

  /** Outcomes in these buckets, as they are stored. */
  async #outcomesIn(id: string, buckets: readonly number[]): Promise<Map<number, string>> {
    const hashes = await this.#medium.read(
      buckets.flatMap((bucket): ReadCommand[] => [
        ['hgetall', keys.failed(id, bucket)],
        ['hgetall', keys.done(id, bucket)],
      ]),
    );
    const found = new Map<number, string>();
    // Done after failed: what is done is done.
    for (const hash of hashes) for (const [field, text] of Object.entries(hash as Record<string, string>)) found.set(Number(field), text);
    return found;
  }
}

/** How much is read in one go: some thousands of outcomes. */
const BUCKETS_AT_ONCE = 128;
