import type { ConnectionOptions } from 'bullmq';
import { type Backend, makeBackend } from './backend.js';
import { BullQueue } from './bull-queue.js';
import { ExpiringClaims } from './claims.js';
import { KeyedRunStore } from './keyed-run-store.js';
import { connectionOptions, RedisMedium } from './redis-medium.js';
import type { RedisAddress } from './redis-url.js';
import { ResultKeys } from './result-shelf.js';

/** The backend on a server: ioredis and BullMQ. */
export async function remote(address: RedisAddress): Promise<Backend> {
  const medium = await RedisMedium.connect(address);
  const results = new ResultKeys(medium);
  const store = new KeyedRunStore(medium, new ExpiringClaims(medium), results);
  // The same type twice: BullMQ declares ioredis's options once more, without `undefined`.
  const connection = connectionOptions(address) as ConnectionOptions;
  return makeBackend(medium, { store, shared: true, damaged: () => results.damaged, makeQueue: (id) => new BullQueue(id, connection) });
}
