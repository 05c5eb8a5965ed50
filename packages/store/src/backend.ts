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
  /** Entries of the store that were damaged, and are as good as not there. */
  readonly damaged: number;
  readonly store: RunStore;
  /** The queue of a sweep. */
  queue<Data>(sweep: string): JobQueue<Data>;
  /** Close store and queues. */
  close(): Promise<void>;
}

/**
 * On this machine, in the files of a directory.
 * @throws UserError: another version's layout; RunError: the disk refuses
 */
export async function openEmbedded(dir: string): Promise<Backend> {
  const medium = await LogMedium.open(path.join(dir, 'store.log'));
  const store = new KeyedRunStore(medium, new ProcessClaims(medium), new ResultFiles(path.join(dir, 'results')));
  return backend(medium, store, false, () => new LocalQueue());
}

/**
 * On a Redis-compatible server.
 * @param password used where the URL has none
 * @throws UserError, which does not show the password: not a URL, nobody answers, wrong password, another version's layout
 */
export async function openRedis(url: string, password?: string): Promise<Backend> {
  const address = parseRedisUrl(url, password);
  const medium = await RedisMedium.connect(address);
  const store = new KeyedRunStore(medium, new ExpiringClaims(medium), new ResultKeys(medium));
  // The same type twice: BullMQ declares ioredis's options once more, without `undefined`.
  const connection = connectionOptions(address) as ConnectionOptions;
  return backend(medium, store, true, (sweep) => new BullQueue(sweep, connection));
}

async function backend(
  medium: Medium & { readonly damaged?: number },
  store: RunStore,
  shared: boolean,
  makeQueue: <Data>(sweep: string) => JobQueue<Data>,
): Promise<Backend> {
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
  return {
    where: medium.where,
    shared,
    get damaged() {
      return medium.damaged ?? 0;
    },
    store,
    queue<Data>(sweep: string) {
      const queue = makeQueue<Data>(sweep);
      queues.push(queue as JobQueue<never>);
      return queue;
    },
    close,
  };
}
