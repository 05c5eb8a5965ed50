import os from 'node:os';
import { keys } from './keys.js';
import type { Medium } from './medium.js';
import type { RedisMedium } from './redis-medium.js';

/** Who coordinates a sweep: one process at most. */
export interface Claims {
  claim(name: string, owner: string): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
}

/** Name of this process as an owner. */
export function ownerName(): string {
  return `${os.hostname()}/${process.pid}`;
}

/** On Redis a claim runs out unless it is renewed: nobody can see there whether a process of another machine lives. */
export class ExpiringClaims implements Claims {
  readonly #medium: RedisMedium;

  constructor(medium: RedisMedium) {
    this.#medium = medium;
  }

  async claim(name: string, owner: string): Promise<boolean> {
    const key = keys.owner(name);
    const [holder] = await this.#medium.read([['get', key]]);
    if (holder === owner) await this.#medium.renew(key, CLAIM_SECONDS);
    return holder === owner || this.#medium.setForTime(key, owner, CLAIM_SECONDS);
  }

  async release(name: string, owner: string): Promise<void> {
    const [holder] = await this.#medium.read([['get', keys.owner(name)]]);
    if (holder === owner) await this.#medium.write([['del', keys.owner(name)]]);
  }
}

/** Long enough for a Redis that is restarted meanwhile. */
const CLAIM_SECONDS = 15;

/** On one machine a claim holds as long as its process lives. */
export class ProcessClaims implements Claims {
  readonly #medium: Medium;

  constructor(medium: Medium) {
    this.#medium = medium;
  }

  async claim(name: string, owner: string): Promise<boolean> {
    const key = keys.owner(name);
    const [holder] = await this.#medium.read([['get', key]]);
    if (typeof holder === 'string' && holder !== owner && !lives(holder)) await this.#medium.write([['del', key]]);
    await this.#medium.write([['setnx', key, owner]]);
    const [now] = await this.#medium.read([['get', key]]);
    return now === owner;
  }

  async release(name: string, owner: string): Promise<void> {
    const [holder] = await this.#medium.read([['get', keys.owner(name)]]);
    if (holder === owner) await this.#medium.write([['del', keys.owner(name)]]);
  }
}

/** Of a process on another machine (a shared folder) nobody here knows that it has ended. */
function lives(owner: string): boolean {
  const [host, pid] = owner.split('/');
  if (host !== os.hostname()) return true;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
