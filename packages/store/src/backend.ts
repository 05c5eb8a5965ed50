import path from 'node:path';
import type { ConnectionOptions } from 'bullmq';
import { BullQueue } from './bull-queue.js';
import { ExpiringClaims, ProcessClaims } from './claims.js';
import type { JobQueue } from './job-queue.js';
import { KeyedRunStore } from './keyed-run-store.js';
import { LocalQueue } from './local-queue.js';
import { LogMedium } from './log-medium.js';
import { checkLayout, type Medium } from './medium.js';
import { connectionOptions, RedisMedium } from './redis-medium.js';
import { parseRedisUrl } from './redis-url.js';
import { ResultFiles, ResultKeys } from './result-shelf.js';
import type { RunStore } from './run-store.js';

/** A store and the queues that go with it. */
export interface Backend {
  /** For messages; without secrets. */
  readonly where: string;
  /** Can workers of other machines join? */
  readonly shared: boolean;
  /** How many entries were met that were damaged, and are as good as not there. */
  damaged(): number;
  readonly store: RunStore;
  /** The queue of the points of a sweep. */
  queue<Data>(id: string): JobQueue<Data>;
  /** Close store and queues. */
  close(): Promise<void>;
}

/**
 * On this machine, in the files of a directory.
 * @throws UserError: another version's layout; RunError: the disk refuses
 */
export async function openEmbedded(dir: string): Promise<Backend> {
  const medium = await LogMedium.open(path.join(dir, 'store.log'));
  const results = new ResultFiles(path.join(dir, 'results'));
  const store = new KeyedRunStore(medium, new ProcessClaims(medium), results);
  return backend(medium, { store, shared: false, damaged: () => medium.damaged + results.damaged, makeQueue: () => new LocalQueue() });
}

/**
 * On a Redis-compatible server.
 * @param password used where the URL has none
 * @throws UserError, which does not show the password: not a URL, nobody answers, wrong password, another version's layout
 */
export async function openRedis(url: string, password?: string): Promise<Backend> {
  const address = parseRedisUrl(url, password);
  const medium = await RedisMedium.connect(address);
  const results = new ResultKeys(medium);
  const store = new KeyedRunStore(medium, new ExpiringClaims(medium), results);
  // The same type twice: BullMQ declares ioredis's options once more, without `undefined`.
  const connection = connectionOptions(address) as ConnectionOptions;
  return backend(medium, { store, shared: true, damaged: () => results.damaged, makeQueue: (id) => new BullQueue(id, connection) });
}

interface Parts {
  readonly store: RunStore;
  readonly shared: boolean;
  readonly damaged: () => number;
  readonly makeQueue: <Data>(id: string) => JobQueue<Data>;
}

async function backend(medium: Medium, { store, shared, damaged, makeQueue }: Parts): Promise<Backend> {
  const queues: JobQueue<never>[] = [];
  const close = async () => {
    await Promise.all(queues.map((queue) => queue.close()));
    await medium.close();
  };
  try {
    await checkLayout(medium);
  } catch (error) {
    await close();
    throw error;
  }
  const queue = <Data>(id: string): JobQueue<Data> => {
    const made = makeQueue<Data>(id);
    queues.push(made as JobQueue<never>);
    return made;
  };
  return { where: medium.where, shared, damaged, store, queue, close };
}
