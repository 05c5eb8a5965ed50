import { UserError } from '@damonlab/base';
import { pageFiles } from '@damonlab/dashboard';
import { serve } from '@hono/node-server';
import { Access } from './access.js';
import { createApp } from './app.js';
import { type ControlPort, NO_CONTROL, NO_SWEEPS, type SweepPort } from './ports.js';
import { RunBytes } from './run-bytes.js';
import { RunFolder } from './run-folder.js';

export interface ServerOptions {
  /** Folders of run directories: the first one is listed, runs in the others can be opened, too. */
  readonly folders: readonly string[];
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly token?: string;
  readonly control?: ControlPort;
  readonly sweeps?: SweepPort;
}

export interface RunningServer {
  /** Where the page is; the token is not in it. */
  readonly url: string;
  readonly token: string;
  /** Whether only this machine can reach it. */
  readonly loopback: boolean;
  close(): Promise<void>;
}

/** Somebody else listens there. */
export class PortTaken extends UserError {}

/** Serve the dashboard. UserError: the address is taken, unknown or forbidden. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { folders, host, port, token, control = NO_CONTROL, sweeps = NO_SWEEPS } = options;
  const loopback = isLoopback(host);
  const access = new Access({ loopback, ...(token === undefined ? {} : { token }) });
  const app = createApp({ access, folder: new RunFolder(folders), bytes: new RunBytes(), page: pageFiles(), control, sweeps });
  return new Promise((started, fail) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, (address) => {
      started({
        url: `http://${urlHost(host)}:${address.port}/`,
        token: access.token,
        loopback,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
    server.on('error', (error: NodeJS.ErrnoException) => fail(cannotListen(error, host, port)));
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function cannotListen({ code, message }: NodeJS.ErrnoException, host: string, port: number): UserError {
  const details = { where: `--host ${host} --port ${port}`, actual: message };
  if (code !== 'EADDRINUSE') return new UserError('the server cannot listen there', { ...details, hint: 'give another --host or --port' });
  const hint = 'another damonlab serve may be running; give another --port, or 0 for any that is free';
  return new PortTaken('the port is taken', { ...details, hint });
}
