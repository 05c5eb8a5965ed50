import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { UserError } from '@damonlab/base';
import { type Remote, wrap } from 'comlink';
import { CONTROL_SOCKET, type ControlApi, socketOf } from './api.js';
import { socketEndpoint } from './socket-endpoint.js';

/**
 * Ask the run in `dir` for something.
 * @throws UserError if it does not go on, or refuses; what it says is the message.
 */
export async function controlRun<T>(dir: string, ask: (run: Remote<ControlApi>) => Promise<T>): Promise<T> {
  const socket = await connect(dir);
  const gone = new Promise<never>((_, reject) => {
    socket.on('error', () => reject(notRunning(dir)));
    socket.on('close', () => reject(notRunning(dir)));
  });
  gone.catch(() => {});
  try {
    return await Promise.race([ask(wrap<ControlApi>(socketEndpoint(socket))), gone]);
  } catch (error) {
    throw asUserError(error);
  } finally {
    socket.destroy();
  }
}

function connect(dir: string): Promise<net.Socket> {
  if (!fs.existsSync(path.join(dir, 'manifest.json'))) {
    throw new UserError('not a run directory', { where: dir, expected: 'a directory with a manifest.json, as `damonlab run` makes it' });
  }
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketOf(dir));
    socket.once('error', () => reject(notRunning(dir)));
    socket.once('connect', () => resolve(socket));
  });
}

function notRunning(dir: string): UserError {
  return new UserError('the run does not go on', {
    where: dir,
    expected: `a run under way, with ${CONTROL_SOCKET} in its directory`,
    actual: 'it has ended, or was killed',
    hint: 'damonlab report summary says how it ended',
  });
}

/** Errors lose their class on the way; their name tells, and their text is complete. */
function asUserError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError || error.name !== 'UserError') return error;
  return new UserError(error.message);
}
