import { spawnSync } from 'node:child_process';

/**
 * Whether `program` can be used, after an attempt to install Debian's `pkg` if it is missing and we may. Tests that need it are
 * skipped by name otherwise.
 */
export function available(program: string, pkg: string): boolean {
  if (found(program)) return true;
  if (process.getuid?.() !== 0 || !found('apt-get')) return false;
  const options = { stdio: 'ignore', timeout: 120_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  const install = () =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=60', 'install', '-y', '--no-install-recommends', pkg], options).status === 0;
  return (install() || (spawnSync('apt-get', ['update'], options).status === 0 && install())) && found(program);
}

function found(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}
