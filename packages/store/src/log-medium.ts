import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { asRunError, RunError, writeAll } from '@damonlab/base';
import RedisMock from 'ioredis-mock';
import type { Medium, ReadCommand, WriteCommand } from './medium.js';
import { repliesOf } from './replies.js';

/**
 * A Redis without a server: commands are appended to a log on disk and take effect, in ioredis-mock, in the order of the log. Each
 * process that has the log open applies what the others have appended before it reads, so all see the same. One line per
 * transaction: its checksum, and as JSON who wrote it and its commands.
 */
export class LogMedium implements Medium {
  readonly where: string;
  readonly #fd: number;
  readonly #redis: InstanceType<typeof RedisMock>;
  readonly #writer = randomBytes(4).toString('hex');
  #written = 0;
  /** How far the log has been applied, bytes. */
  #offset = 0;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  /** Begin of a line whose end was not yet written when it was read. */
  #rest: Uint8Array = new Uint8Array();
  #damaged = 0;
  /** One after the other: what is read back belongs to one caller. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: string, fd: number) {
    this.where = file;
    this.#fd = fd;
    // Instances of ioredis-mock with the same host and port share their data.
    this.#redis = new RedisMock({ host: file, port: nextPort++ });
  }

  /** Open the log, or start one. @throws RunError if the disk refuses */
  static async open(file: string): Promise<LogMedium> {
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      const medium = new LogMedium(file, fs.openSync(file, 'a+'));
      await medium.#inTurn(() => medium.#catchUp());
      return medium;
    } catch (error) {
      throw asRunError(error, file);
    }
  }

  /** Lines whose checksum is wrong: what they said is lost. */
  get damaged(): number {
    return this.#damaged;
  }

  write(commands: readonly WriteCommand[]): Promise<unknown[]> {
    return this.#inTurn(async () => {
      await this.#catchUp();
      const tag = `${this.#writer}-${this.#written++}`;
      // A process that was killed while it wrote left half a line: it must not take ours with it.
      this.#append(`${this.#rest.length > 0 ? '\n' : ''}${encode({ tag, commands })}\n`);
      const replies = await this.#catchUp(tag);
      if (replies === null) throw new RunError(`what was written to ${this.where} is not there: was it truncated?`);
      return replies;
    });
  }

  read(commands: readonly ReadCommand[]): Promise<unknown[]> {
    return this.#inTurn(async () => {
      await this.#catchUp();
      return this.#apply(commands);
    });
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.#redis.publish(channel, message);
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    const subscriber = this.#redis.duplicate();
    subscriber.on('message', (_channel: string, message: string) => listener(message));
    await subscriber.subscribe(channel);
    return async () => subscriber.disconnect();
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => {
      this.#redis.disconnect();
      fs.closeSync(this.#fd);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  #append(text: string): void {
    try {
      writeAll(this.#fd, Buffer.from(text));
    } catch (error) {
      throw asRunError(error, this.where);
    }
  }

  /** Apply what the log has and we have not. Returns the replies to the transaction called `tag`, null if it was not among it. */
  async #catchUp(tag?: string): Promise<unknown[] | null> {
    let found: unknown[] | null = null;
    for (let chunk = this.#readChunk(); chunk.length > 0; chunk = this.#readChunk()) {
      const transactions = this.#linesOf(chunk).flatMap((line) => this.#decode(line));
      const replies = await this.#apply(transactions.flatMap(({ commands }) => commands));
      let from = 0;
      for (const transaction of transactions) {
        const to = from + transaction.commands.length;
        if (transaction.tag === tag) found = replies.slice(from, to);
        from = to;
      }
    }
    return found;
  }

  /** It is overwritten by the next one. */
  #readChunk(): Uint8Array {
    const length = fs.readSync(this.#fd, this.#chunk, 0, CHUNK_BYTES, this.#offset);
    this.#offset += length;
    return this.#chunk.subarray(0, length);
  }

  #linesOf(chunk: Uint8Array): string[] {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#rest = bytes.subarray(end);
    return bytes.subarray(0, end).toString('utf8').split('\n');
  }

  #decode(line: string): Transaction[] {
    if (line === '') return [];
    const json = line.slice(CHECKSUM);
    if (line.slice(0, CHECKSUM) === checksum(json)) return [JSON.parse(json)];
    this.#damaged++;
    return [];
  }

  async #apply(commands: readonly (WriteCommand | ReadCommand)[]): Promise<unknown[]> {
    if (commands.length === 0) return [];
    return repliesOf(await this.#redis.pipeline(commands.map((command) => [...command])).exec());
  }
}

interface Transaction {
  /** Unique: who wrote it, and which one of his. */
  readonly tag: string;
  readonly commands: readonly WriteCommand[];
}

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 20;
/** Characters of the checksum and the space behind it. */
const CHECKSUM = 9;
let nextPort = 1;

function encode(transaction: Transaction): string {
  const json = JSON.stringify(transaction);
  return `${checksum(json)}${json}`;
}

function checksum(text: string): string {
  return `${crc32(text)
    .toString(16)
    .padStart(CHECKSUM - 1, '0')} `;
}
