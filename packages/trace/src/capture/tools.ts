import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@damonlab/base';

/** Where the plugin's source is: the same place from `src` and from `dist`. */
const SOURCE_DIR = fileURLToPath(new URL('../../../../infra/capture', import.meta.url));
const CACHE_DIR = fileURLToPath(new URL('../../../../node_modules/.cache/damonlab', import.meta.url));
const FLAGS = ['-std=gnu11', '-O2', '-fPIC', '-shared', '-fvisibility=hidden'];
/** From this major version of QEMU on, plugins must say that they know version 2 of its interface. */
const QEMU_OF_API_2 = 9;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

/** The emulator, and the plugin built for it. */
export interface CaptureTools {
  readonly qemu: string;
  readonly plugin: string;
}

/**
 * Find QEMU's user mode for this machine, and build the plugin unless the same source was built before.
 * @throws UserError saying what to install
 */
export function captureTools(): CaptureTools {
  const architecture = ARCHITECTURES[process.arch];
  if (process.platform !== 'linux' || architecture === undefined) {
    throw new UserError('programs cannot be captured here', {
      expected: 'Linux on x86-64 or arm64',
      actual: `${process.platform} ${process.arch}`,
    });
  }
  const qemu = `qemu-${architecture}`;
  const { error, stdout } = spawnSync(qemu, ['--version'], { encoding: 'utf8' });
  if (error !== undefined) throw missing(qemu, 'apt-get install qemu-user');
  const major = Number(/version (\d+)\./.exec(stdout)?.[1] ?? 0);
  return { qemu, plugin: buildPlugin(major >= QEMU_OF_API_2 ? 2 : 1) };
}

function buildPlugin(api: number): string {
  const compiler = process.env.CC ?? 'cc';
  const sources = readdirSync(SOURCE_DIR).filter((name) => /\.[ch]$/.test(name));
  const hash = createHash('sha256').update([compiler, ...FLAGS, api].join(' '));
  for (const name of sources.sort()) hash.update(readFileSync(join(SOURCE_DIR, name)));
  const dir = usableDir();
  const plugin = join(dir, `capture-${hash.digest('hex').slice(0, 12)}.so`);
  if (existsSync(plugin)) return plugin;
  // Another name until it is whole: two captures may build at the same time.
  const temporary = `${plugin}.${process.pid}`;
  const args = [...FLAGS, `-DPLUGIN_API=${api}`, '-o', temporary, join(SOURCE_DIR, 'plugin.c')];
  const { error, status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (error !== undefined) throw missing(compiler, 'apt-get install gcc libc6-dev');
  if (status !== 0)
    throw new UserError('the capture plugin does not compile', { where: compiler, actual: stderr.trim().split('\n')[0] ?? '' });
  renameSync(temporary, plugin);
  return plugin;
}

function usableDir(): string {
  try {
    mkdirSync(CACHE_DIR, { recursive: true });
    return CACHE_DIR;
  } catch {
    return tmpdir();
  }
}

function missing(program: string, hint: string): UserError {
  return new UserError(`${program} is not here`, { expected: `${program} on the PATH`, hint });
}
