import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command as users start it: built by `npm run build`, which `npm test` runs first. */
const CLI = fileURLToPath(new URL('../../../apps/cli/bin/damonlab.js', import.meta.url));

export interface SpawnCliOptions {
  readonly cwd?: string;
  /** Added to the environment of the tests; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Text for its standard input; none: the input is empty. */
  readonly input?: string;
  /** When it aborts, the command gets SIGINT, as by Ctrl-C. */
  readonly signal?: AbortSignal;
}

export interface CliResult {
  /** Exit status; null when a signal ended the command. */
  readonly status: number | null;
  /** Name of the signal that ended it, or null. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run `damonlab ARGS` in a process of its own, without a terminal and without colour, to its end. */
export async function spawnCli(args: readonly string[], options: SpawnCliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: options.cwd, env: { ...process.env, NO_COLOR: '1', ...options.env } });
  const interrupt = (): void => void child.kill('SIGINT');
  if (options.signal?.aborted) interrupt();
  options.signal?.addEventListener('abort', interrupt);
  // A command that ends without reading its input closes the pipe: its own affair.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  try {
    return await collect(child);
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
  }
}

function collect(child: ReturnType<typeof spawn>): Promise<CliResult> {
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, ...output }));
  });
}
