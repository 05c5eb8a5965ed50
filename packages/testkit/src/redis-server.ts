import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** For `describe.skipIf`: tests that need a server say so by name. */
export const hasRedis = spawnSync(program(), ['--version'], { encoding: 'utf8' }).status === 0;

/** The test command says where it has put one; else that of the machine. */
function program(): string {
  return process.env.DAMONLAB_REDIS_SERVER ?? 'redis-server';
}

/** A Redis of our own on a free loopback port, with a password and an append-only file in a directory of its own. */
export class RedisServer {
  readonly port: number;
  readonly password = 'pass%word/for:tests';
  readonly #dir: string;
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, dir: string, options: readonly string[]) {
    this.port = port;
    this.#dir = dir;
    this.#options = options;
  }

  /** @param options further ones of redis-server, e.g. `--tls-port` */
  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'damonlab-redis-')), options);
    await server.up();
    return server;
  }

  get url(): string {
    return `redis://:${encodeURIComponent(this.password)}@127.0.0.1:${this.port}`;
  }

  /** Start it, with what it had stored when it went down. */
  async up(): Promise<void> {
    const fixed = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#dir, '--save', '', '--appendonly', 'yes'];
    this.#child = spawn(program(), [...fixed, '--requirepass', this.password, ...this.#options], { stdio: 'ignore' });
    for (let attempt = 0; !(await answers(this.port)); attempt++) {
      if (attempt > 200 || this.#child.exitCode !== null) throw new Error('redis-server did not start');
      await setTimeout(25);
    }
  }

  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Down for good; its files are gone. */
  async stop(): Promise<void> {
    await this.down('SIGKILL');
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** A TCP port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
