import { UserError } from '@damonlab/base';
import { LAYOUT, LAYOUT_KEY } from './keys.js';

/** A command that changes something: the few that both ioredis-mock and every Redis-compatible server know. */
export type WriteCommand =
  | readonly ['set', key: string, value: string]
  | readonly ['setnx', key: string, value: string]
  | readonly ['hset', key: string, field: string, value: string]
  | readonly ['hsetnx', key: string, field: string, value: string]
  | readonly ['hdel', key: string, field: string]
  | readonly ['sadd', key: string, member: string]
  | readonly ['del', key: string];

export type ReadCommand =
  | readonly ['get', key: string]
  | readonly ['hget', key: string, field: string]
  | readonly ['hgetall', key: string]
  | readonly ['hlen', key: string]
  | readonly ['smembers', key: string];

/** What a store is kept in: Redis, or a command log that is replayed into ioredis-mock. */
export interface Medium {
  readonly where: string;
  /** All of them or none, with nothing of others between them. Returns their replies. */
  write(commands: readonly WriteCommand[]): Promise<unknown[]>;
  /** Replies to commands that change nothing; they see all that was written before. */
  read(commands: readonly ReadCommand[]): Promise<unknown[]>;
  publish(channel: string, message: string): Promise<void>;
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/**
 * Lay claim to an empty store, or see whether its layout is ours.
 * @throws UserError if another version of damonlab keeps its sweeps there
 */
export async function checkLayout(medium: Medium): Promise<void> {
  let [found] = await medium.read([['get', LAYOUT_KEY]]);
  if (found === null) {
    await medium.write([['setnx', LAYOUT_KEY, LAYOUT]]);
    [found] = await medium.read([['get', LAYOUT_KEY]]);
  }
  if (found === LAYOUT) return;
  const age = Number(found) > Number(LAYOUT) ? 'a newer' : 'an older or unknown';
  throw new UserError(`the store has ${age} layout`, {
    where: medium.where,
    expected: `layout ${LAYOUT}`,
    actual: String(found),
    hint: 'use the damonlab that made it, or another store',
  });
}
