import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { UserError } from '@damonlab/base';

const ELF = '\x7fELF';
/** Scripts that are run by scripts, at most. */
const MOST_SCRIPTS = 4;

/**
 * What to hand to QEMU for a command: it neither looks into the PATH nor knows scripts, and what a program executes runs outside of it.
 * Of several programs of a name on the PATH, the first that is no script (version managers put scripts before the programs); a script
 * becomes its interpreter with the script as argument.
 *
 * @throws UserError if there is no such program
 */
export function resolveCommand(command: readonly [string, ...string[]], depth = 0): [string, ...string[]] {
  const [name, ...args] = command;
  const candidates = candidatesOf(name).filter(runnable);
  const program = candidates.find((file) => beginning(file).startsWith(ELF)) ?? candidates[0];
  if (program === undefined) {
    throw new UserError('no such program', { where: name, expected: name.includes('/') ? 'a program' : 'a program on the PATH' });
  }
  const first = beginning(program);
  if (first.startsWith(ELF)) return [program, ...args];
  const script = /^#!\s*(\S+)[ \t]*([^\n]*)/.exec(first);
  if (script === null || depth === MOST_SCRIPTS) throw new UserError('neither a program nor a script', { where: program });
  return resolveCommand([...interpreter(script[1], script[2].trim()), program, ...args], depth + 1);
}

/** `env` would execute the interpreter outside of QEMU, so it is looked up here. */
function interpreter(path: string, argument: string): [string, ...string[]] {
  if (basename(path) === 'env' && argument !== '') {
    const [name, ...rest] = argument.replace(/^-S\s*/, '').split(/\s+/);
    return [name, ...rest];
  }
  return argument === '' ? [path] : [path, argument];
}

function candidatesOf(name: string): string[] {
  if (name.includes('/')) return [name];
  return (process.env.PATH ?? '').split(delimiter).map((dir) => join(dir === '' ? '.' : dir, name));
}

function runnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function beginning(file: string): string {
  const bytes = Buffer.alloc(256);
  const fd = openSync(file, 'r');
  try {
    return bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}
