import { accessSync, constants, existsSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import pc from 'picocolors';
import { Exit } from '../exit.js';
import { RUNS_DIR } from '../newest-run.js';
import type { AddCommand } from '../program.js';
import { colourful } from '../terminal.js';

interface Check {
  readonly status: 'ok' | 'warn' | 'fail';
  readonly what: string;
}

const NODE_WANTED = [20, 19] as const;
const MEMORY_WANTED_BYTES = 1024 ** 3;

/** `damonlab doctor`: can damonlab work here? */
export const addDoctor: AddCommand = (program, done) => {
  program
    .command('doctor')
    .description('check what damonlab needs and what it can use on this machine')
    .option('--out <dir>', 'directory that runs would be put into', RUNS_DIR)
    .option('--json', 'print the checks as JSON')
    .action((options) => {
      const checks = [
        node(),
        cores(),
        sharedMemory(),
        memory(),
        outDir(options.out),
        tool('cc', 'native side of the benchmark, capture of programs'),
        tool('qemu-x86_64', 'capture of programs'),
        tool('damo', 'to read damon.data'),
      ];
      process.stdout.write(
        options.json === true ? `${JSON.stringify({ checks }, null, 2)}\n` : checks.map((check) => `${line(check)}\n`).join(''),
      );
      done(checks.some((check) => check.status === 'fail') ? Exit.failed : Exit.ok);
    });
};

function line({ status, what }: Check): string {
  const colours = pc.createColors(colourful(process.stdout));
  const paint = { ok: colours.green, warn: colours.yellow, fail: colours.red }[status];
  return `${paint(status.padEnd(4))}  ${what}`;
}

function node(): Check {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const enough = major > NODE_WANTED[0] || (major === NODE_WANTED[0] && minor >= NODE_WANTED[1]);
  return { status: enough ? 'ok' : 'fail', what: `Node ${process.versions.node} (${NODE_WANTED.join('.')} or newer is needed)` };
}

function cores(): Check {
  const cores = availableParallelism();
  const note = cores === 1 ? ': simulated CPUs take turns, --executor inline is as fast' : '';
  return { status: cores === 1 ? 'warn' : 'ok', what: `${cores} cores for the simulated CPUs${note}` };
}

function sharedMemory(): Check {
  try {
    const word = new Int32Array(new SharedArrayBuffer(4));
    Atomics.store(word, 0, 1);
    return { status: Atomics.notify(word, 0) === 0 ? 'ok' : 'fail', what: 'SharedArrayBuffer and Atomics' };
  } catch {
    return { status: 'fail', what: 'SharedArrayBuffer and Atomics are missing: the simulated CPUs share their page tables in them' };
  }
}

function memory(): Check {
  const bytes = freemem();
  const gib = (bytes / 1024 ** 3).toFixed(1);
  return bytes < MEMORY_WANTED_BYTES
    ? { status: 'warn', what: `${gib} GiB of free memory: large scenarios may not fit` }
    : { status: 'ok', what: `${gib} GiB of free memory` };
}

function outDir(dir: string): Check {
  let nearest = resolve(dir);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
    return { status: 'ok', what: `runs can be written to ${dir}` };
  } catch {
    return { status: 'fail', what: `runs cannot be written to ${dir}: no permission to write in ${nearest}` };
  }
}

function tool(name: string, purpose: string): Check {
  const found = (process.env.PATH ?? '').split(delimiter).some((dir) => dir !== '' && existsSync(join(dir, name)));
  return { status: found ? 'ok' : 'warn', what: `${name} ${found ? 'is here' : 'is not here'} (optional: ${purpose})` };
}
