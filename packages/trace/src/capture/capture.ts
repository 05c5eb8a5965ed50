import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { RunError } from '@damonlab/base';
import type { TraceFooter, TraceHead } from '../meta.js';
import { TraceWriter } from '../trace-writer.js';
import { BlockStream } from './block-stream.js';
import { resolveCommand } from './find-program.js';
import { captureTools } from './tools.js';

/** Status with which the plugin ends a program whose accesses nobody takes. */
const PIPE_CLOSED = 125;
const PIPE_FD = 3;

export interface CaptureOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
  readonly output: string;
  readonly detail: TraceHead['detail'];
  /** Instructions within which repeats become counts. */
  readonly windowTicks: number;
  /** Of every `periodTicks` instructions of a thread, only the first `onTicks` are recorded. */
  readonly sampling?: { readonly onTicks: number; readonly periodTicks: number };
  /** Called as accesses arrive. */
  readonly onProgress?: (accesses: number) => void;
  /** Ends the program by SIGTERM. */
  readonly signal?: AbortSignal;
}

export interface CaptureResult {
  readonly footer: TraceFooter;
  /** Exit status of the program, or the name of the signal that ended it. */
  readonly status: number | string;
}

/**
 * Run a program under QEMU's user mode, with our own terminal as its terminal, and record its accesses.
 *
 * @throws UserError if QEMU or a C compiler is missing, RunError if the program cannot be started or makes no access
 */
export async function capture(options: CaptureOptions): Promise<CaptureResult> {
  const { command, output, detail, windowTicks, sampling } = options;
  const resolved = resolveCommand(command);
  const tools = captureTools();
  const head = { source: 'qemu', command: command.join(' '), detail, tick: 'instruction', windowTicks } as const;
  const writer = new TraceWriter(output, sampling === undefined ? head : { ...head, sampling });
  try {
    const child = spawn(tools.qemu, ['-plugin', pluginArgument(tools.plugin, options), ...resolved], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    });
    const stop = () => void child.kill('SIGTERM');
    options.signal?.addEventListener('abort', stop);
    const ended = new Promise<number | string>((resolve, reject) => {
      child.on('error', (error) => reject(new RunError(`cannot start ${tools.qemu}: ${error.message}`)));
      child.on('close', (status, signal) => resolve(signal ?? status ?? 0));
    });
    ended.catch(() => {});
    await receive(child.stdio[PIPE_FD] as Readable, writer, options);
    const status = await ended;
    options.signal?.removeEventListener('abort', stop);
    return { footer: await conclude(writer, status, command), status };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

async function receive(pipe: Readable, writer: TraceWriter, { onProgress }: CaptureOptions): Promise<void> {
  const stream = new BlockStream(writer);
  for await (const chunk of pipe) {
    stream.push(chunk as Buffer);
    await writer.drained();
    onProgress?.(stream.accesses);
  }
  stream.end();
}

async function conclude(writer: TraceWriter, status: number | string, command: readonly string[]): Promise<TraceFooter> {
  if (status === PIPE_CLOSED) throw new RunError('the accesses of the program could not be taken: its pipe was closed');
  if (typeof status === 'string') writer.tally.lost.push(`${status} ended the program: what its threads did last is missing`);
  if (writer.tally.touched.size === 0) throw new RunError(`${command.join(' ')}: no access was recorded (status ${status})`);
  return writer.finish();
}

function pluginArgument(plugin: string, { detail, windowTicks, sampling }: CaptureOptions): string {
  const args = [plugin, `fd=${PIPE_FD}`, `window=${windowTicks}`, `full=${detail === 'full' ? 'on' : 'off'}`];
  if (sampling !== undefined) args.push(`on=${sampling.onTicks}`, `period=${sampling.periodTicks}`);
  return args.join(',');
}
