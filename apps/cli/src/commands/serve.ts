import { join } from 'node:path';
import { UserError } from '@damonlab/base';
import { type RunningServer, startServer } from '@damonlab/serve';
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
    .option('--port <port>', 'port to listen on; 0: any that is free', portOf, PORT)
    .option('--host <address>', 'address to listen on; one that others can reach asks them for the token', '127.0.0.1')
    .action(async ({ dir, sweeps, port, host }) => {
      const server = await startServer({ folders: [dir, join(sweeps, 'runs')], host, port, sweeps: sweepsIn(sweeps, dir) });
      process.stdout.write(greeting(server, dir));
      await ctrlC();
      await server.close();
      done(Exit.ok);
    });
};

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
