import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '@damonlab/base';
import type { Machine } from '@damonlab/machine';
import { expose } from 'comlink';
import PQueue from 'p-queue';
import { CONTROL_SOCKET, type ControlApi, MOST_PATH_BYTES } from './api.js';
import { socketEndpoint } from './socket-endpoint.js';

/** Lets others control a machine that runs, over a Unix socket in its run directory. */
export class ControlServer {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  readonly #file: string;
  /** Where the socket really is, if its path would have been too long. */
  readonly #elsewhere: string | null;

  private constructor(server: net.Server, file: string, elsewhere: string | null) {
    this.#server = server;
    this.#file = file;
    this.#elsewhere = elsewhere;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** `stop`: ends the run as Ctrl-C does. A socket that cannot be made is no reason not to run: null. */
  static async open(dir: string, machine: Machine, stop: () => void): Promise<ControlServer | null> {
    const file = path.join(dir, CONTROL_SOCKET);
    const elsewhere = Buffer.byteLength(file) > MOST_PATH_BYTES ? fs.mkdtempSync(path.join(os.tmpdir(), 'damonlab-')) : null;
    const api = ordered(machine, stop);
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy());
      expose(api, socketEndpoint(socket));
    });
    try {
      await listen(server, elsewhere === null ? file : path.join(elsewhere, CONTROL_SOCKET));
      if (elsewhere !== null) fs.symlinkSync(path.join(elsewhere, CONTROL_SOCKET), file);
    } catch {
      server.close();
      return null;
    }
    // The machine keeps the process alive, not who looks at it.
    server.unref();
    return new ControlServer(server, file, elsewhere);
  }

  /** The run is over. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.end();
    fs.rmSync(this.#file, { force: true });
    if (this.#elsewhere !== null) fs.rmSync(this.#elsewhere, { recursive: true, force: true });
  }
}

function listen(server: net.Server, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(file, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

type Asynchronous<Api> = {
  readonly [Name in keyof Api]: Api[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** The machine's side of `ControlApi`: one request after the other, in the order in which they came. */
function ordered(machine: Machine, stop: () => void): Asynchronous<ControlApi> {
  const queue = new PQueue({ concurrency: 1 });
  const then = (act: () => void) => () =>
    queue.add(() => {
      act();
      return machine.status();
    });
  return {
    status: then(() => {}),
    pause: then(() => machine.pause()),
    resume: then(() => machine.resume()),
    stop: then(stop),
    commit: (change) => queue.add(() => machine.commit(change)),
    snapshot: () => queue.add(() => machine.snapshot()),
    handover: async (request) => {
      // Its turn is over when it has been asked for; when it happens is the machine's affair.
      const { done } = await queue.add(() => ({ done: handOver(machine, request) }));
      return done;
    },
  };
}

function handOver(machine: Machine, request: Parameters<Machine['handOver']>[0]): ReturnType<Machine['handOver']> {
  if (machine.status().state !== 'paused') return machine.handOver(request);
  const refused = new UserError('the run is paused, and a hand-over takes some of its time', {
    where: 'handover',
    hint: 'resume it first',
  });
  return Promise.reject(refused);
}
