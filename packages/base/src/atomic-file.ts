import fs from 'node:fs';
import path from 'node:path';
import { RunError } from './errors.js';

/** Write all of `bytes`: a single write may stop early when the disk gets full. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) offset += fs.writeSync(fd, bytes, offset);
}

/**
 * Make a file that is either whole or not there: `fill` writes to a temporary name, which then takes the place of `file`.
 * RunError when the disk does not take it.
 */
export async function writeFileAtomic(file: string, fill: (fd: number) => void | Promise<void>): Promise<void> {
  const temporary = temporaryName(file);
  let fd = -1;
  try {
    fd = fs.openSync(temporary, 'w');
    await fill(fd);
    commit(fd, temporary, file);
  } catch (error) {
    discard(fd, temporary);
    throw asRunError(error, file);
  }
}

/** The same for a short text, at once. */
export function writeTextAtomic(file: string, text: string): void {
  const temporary = temporaryName(file);
  let fd = -1;
  try {
    fd = fs.openSync(temporary, 'w');
    writeAll(fd, Buffer.from(text));
    commit(fd, temporary, file);
  } catch (error) {
    discard(fd, temporary);
    throw asRunError(error, file);
  }
}

/** One clear sentence for what the operating system refused; other errors are defects and stay as they are. */
export function asRunError(error: unknown, file: string): unknown {
  if (!isSystemError(error)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return new RunError(`no space left on the disk while writing ${file}`);
  return new RunError(`cannot write ${file}: ${error.message}`);
}

export function isSystemError(error: unknown): error is Error & { readonly code: string; readonly syscall: string } {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

function temporaryName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.tmp`);
}

function commit(fd: number, temporary: string, file: string): void {
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  fs.renameSync(temporary, file);
}

function discard(fd: number, temporary: string): void {
  // The file may be closed already (the rename failed) or never have been made: what matters is that it is gone.
  try {
    if (fd >= 0) fs.closeSync(fd);
  } catch {}
  fs.rmSync(temporary, { force: true });
}
