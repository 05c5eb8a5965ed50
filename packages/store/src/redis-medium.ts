import { setTimeout } from 'node:timers/promises';
import { RunError, UserError } from '@damonlab/base';
import { Redis, type RedisOptions } from 'ioredis';
import type { Medium, ReadCommand, WriteCommand } from './medium.js';
import type { RedisAddress } from './redis-url.js';
import { repliesOf } from './replies.js';

const CONNECT_MS = 5_000;
const RETRY_MS = 200;
const RETRY_MS_MAX = 2_000;

/** A Redis-compatible server. Once connected, a connection that breaks is made again, for ever, and what was asked is asked again. */
export class RedisMedium implements Medium {
  readonly where: string;
  readonly #client: Redis;
  #closed = false;

  private constructor(where: string, client: Redis) {
    this.where = where;
    this.#client = client;
  }

  /** @throws UserError: nobody answers there, wrong password */
  static async connect(address: RedisAddress): Promise<RedisMedium> {
    let connected = false;
    let lastError: Error | undefined;
    const client = new Redis({
      ...connectionOptions(address),
      lazyConnect: true,
      retryStrategy: (attempt) => (connected ? retryAfterMs(attempt) : null),
    });
    client.on('error', (error: Error) => {
      lastError = error;
    });
    try {
      await client.connect();
      await client.ping();
    } catch (error) {
      client.disconnect();
      throw cannotConnect(address.shown, lastError ?? error);
    }
    connected = true;
    return new RedisMedium(address.shown, client);
  }

  async write(commands: readonly WriteCommand[]): Promise<unknown[]> {
    return this.#told(async () => repliesOf(await this.#client.multi(commands.map((command) => [...command])).exec()));
  }

  async read(commands: readonly ReadCommand[]): Promise<unknown[]> {
    return this.#told(async () => repliesOf(await this.#client.pipeline(commands.map((command) => [...command])).exec()));
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.#told(() => this.#client.publish(channel, message));
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    const subscriber = this.#client.duplicate({ lazyConnect: false });
    subscriber.on('error', () => {});
    subscriber.on('message', (_channel: string, message: string) => listener(message));
    await subscriber.subscribe(channel);
    return async () => subscriber.disconnect();
  }

  /** `set key value` unless there is one, for a time only. True if it was set. */
  async setForTime(key: string, value: string, seconds: number): Promise<boolean> {
    return this.#told(async () => (await this.#client.set(key, value, 'EX', seconds, 'NX')) === 'OK');
  }

  async renew(key: string, seconds: number): Promise<void> {
    await this.#told(() => this.#client.expire(key, seconds));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#client.disconnect();
  }

  /**
   * A transaction whose connection broke is made again: all that we write can be written twice. Other errors become one sentence;
   * ioredis keeps the arguments of a command, a password among them, in its own.
   */
  async #told<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (this.#closed || !BROKEN.test(message)) throw new RunError(`${this.where}: ${message}`);
        await setTimeout(RETRY_MS);
      }
    }
  }
}

/** Errors of a connection that broke, and of a server that is on its way up or down. */
const BROKEN = /connection close|Connection is closed|Stream isn't writeable|ECONN|EPIPE|^LOADING|^EXECABORT/i;

/** How all of our connections are made, BullMQ's too. */
export function connectionOptions({ options }: RedisAddress): RedisOptions {
  return { ...options, maxRetriesPerRequest: null, connectTimeout: CONNECT_MS, retryStrategy: retryAfterMs };
}

function retryAfterMs(attempt: number): number {
  return Math.min(attempt * RETRY_MS, RETRY_MS_MAX);
}

function cannotConnect(where: string, error: unknown): UserError {
  const message = describe(error);
  if (/WRONGPASS|NOAUTH|invalid password/i.test(message)) {
    return new UserError('the Redis does not accept the password', { where, actual: message, hint: 'redis://:PASSWORD@HOST' });
  }
  return new UserError('cannot reach the Redis', { where, actual: message, hint: 'is it running, and does a firewall let us through?' });
}

/** Node gives no message to an error of several addresses that were tried. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
