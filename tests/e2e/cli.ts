/** What the end-to-end tests share: the command as a user starts it, and small things to run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';

export const ROOT = resolve(import.meta.dirname, '../..');
export const BIN = join(ROOT, 'apps/cli/bin/damonlab.js');

const STEPS = 4;
const REGION_BYTES = 10_000_000;

/** A staircase like the shipped one, but short: a warm-up, then four regions one after the other; 2.5 s of virtual time. */
export function writeStairs(dir: string, file = 'stairs.cfg'): string {
  const names = Array.from({ length: STEPS }, (_, i) => `step${i}`);
  const pattern = (name: string) => `${name}, 0, 4096, 1\n`;
  const regions = names.map((name) => `${name}, ${REGION_BYTES}\n`).join('');
  const phases = names.map((name) => `\nhot ${name}\n500\n${pattern(name)}`).join('');
  writeFileSync(join(dir, file), `${regions}\nwarm up\n500\n${names.map(pattern).join('')}${phases}`);
  return file;
}

/** The only run directory under `outDir`. */
export function onlyRun(outDir: string): string {
  const names = readdirSync(outDir);
  expect(names).toHaveLength(1);
  return join(outDir, names[0]);
}

/** A command that is still going on. */
export interface Running {
  readonly child: ChildProcess;
  /** Its standard error so far. */
  stderr(): string;
  /** Exit status, signal and output, once it has ended. */
  readonly ended: Promise<{ status: number | null; signal: string | null; stdout: string; stderr: string }>;
}

/** Start `damonlab ARGS` in a process group of its own, so that a test can see whether anything of it is left. */
export function start(args: readonly string[], cwd: string): Running {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, detached: true, env: { ...process.env, NO_COLOR: '1' } });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const ended = new Promise<Awaited<Running['ended']>>((done, fail) => {
    child.on('error', fail);
    child.on('close', (status, signal) => done({ status, signal, ...output }));
  });
  return { child, stderr: () => output.stderr, ended };
}

/** Whether any process of the group that `child` leads is still there. */
export function groupLives(child: ChildProcess): boolean {
  try {
    process.kill(-Number(child.pid), 0);
    return true;
  } catch {
    return false;
  }
}

/** Wait until the run under `outDir` has recorded some snapshots. Returns its directory. */
export async function recording(outDir: string, running: Running): Promise<string> {
  for (;;) {
    const [name] = existsSync(outDir) ? readdirSync(outDir) : [];
    const dir = join(outDir, name ?? '');
    const journal = name === undefined ? undefined : statSync(join(dir, 'journal.bin'), { throwIfNoEntry: false });
    if (journal !== undefined && journal.size > 20_000) return dir;
    expect(running.child.exitCode, running.stderr()).toBeNull();
    await new Promise((wait) => setTimeout(wait, 20));
  }
}

/** The one object in `text`, which holds nothing else. */
export function json(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  expect(text.trimEnd().startsWith('{')).toBe(true);
  return value as Record<string, unknown>;
}
