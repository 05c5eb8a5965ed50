import { join } from 'node:path';
import { UserError } from '@damonlab/base';
import { PortTaken, type RunningServer, type ServerOptions, startServer } from '@damonlab/serve';
import { socketControl } from '../control-port.js';
import { Exit } from '../exit.js';
import { RUNS_DIR } from '../newest-run.js';
import type { AddCommand } from '../program.js';
import { SWEEPS_DIR } from '../store-flags.js';
import { sweepsIn } from '../sweep-port.js';

const PORT = 7373;

/** `damonlab serve`: the dashboard, until Ctrl-C. */
export const addServe: AddCommand = (program, done) => {
  program
    .command('serve')
    .description('look at runs in a browser: finished ones, and live ones as they grow')
    .option('--dir <dir>', 'directory of runs', RUNS_DIR)
    .option('--sweeps <dir>', 'directory of sweeps', SWEEPS_DIR)
    .option('--port <port>', `port to listen on; 0: any that is free; left out: ${PORT} if it is free`, portOf)
    .option('--host <address>', 'address to listen on; one that others can reach asks them for the token', '127.0.0.1')
    .action(async ({ dir, sweeps, port, host }) => {
      const server = await start(
        { folders: [dir, join(sweeps, 'runs')], host, control: socketControl, sweeps: sweepsIn(sweeps, dir) },
        port,
      );
      process.stdout.write(greeting(server, dir));
      await ctrlC();
      await server.close();
      done(Exit.ok);
    });
};

/** On the port that was asked for; if none was, on the usual one or any that is free. */
async function start(options: Omit<ServerOptions, 'port'>, port: number | undefined): Promise<RunningServer> {
  try {
    return await startServer({ ...options, port: port ?? PORT });
  } catch (error) {
    if (port === undefined && error instanceof PortTaken) return startServer({ ...options, port: 0 });
    throw error;
  }
}

function greeting({ url, token, loopback }: RunningServer, dir: string): string {
  const reach = loopback ? 'only this machine can reach it; ' : 'OTHERS CAN REACH IT; all they see needs the token, and ';
  return [
    `look at ${dir}/ here:  ${url}?token=${token}`,
    `${reach}commands to a running machine need the token, which the address above carries`,
    'Ctrl-C ends it',
    '',
  ].join('\n');
}

function ctrlC(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new UserError('impossible value', { where: `--port ${text}`, expected: 'a whole number, 0 to 65535' });
}
