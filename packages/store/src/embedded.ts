import path from 'node:path';
import { type Backend, makeBackend } from './backend.js';
import { ProcessClaims } from './claims.js';
import { KeyedRunStore } from './keyed-run-store.js';
import { LocalQueue } from './local-queue.js';
import { LogMedium } from './log-medium.js';
import { ResultFiles } from './result-shelf.js';

/** The backend without a server: ioredis-mock behind a command log, p-queue, and a file for each result. */
export async function embedded(dir: string): Promise<Backend> {
  const medium = await LogMedium.open(path.join(dir, 'store.log'));
  const results = new ResultFiles(path.join(dir, 'results'));
  const store = new KeyedRunStore(medium, new ProcessClaims(medium), results);
  return makeBackend(medium, { store, shared: false, damaged: () => medium.damaged + results.damaged, makeQueue: () => new LocalQueue() });
}
