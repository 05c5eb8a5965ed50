import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** One file of the project: its path from the root, with forward slashes, and its text. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

const TEXT = /(\.(ts|tsx|mjs|js|c|h|json|md|yaml|yml|cfg|sh|svg|css|html)|^\.ci\/run|^\.gitignore|^\.npmrc)$/;
const GENERATED = /^(node_modules|dist|\.turbo|runs|coverage|\.git)$/;

/** All text files that are tracked or about to be. Without git (an unpacked archive): everything that is not generated. */
export function projectFiles(): ProjectFile[] {
  const git = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
  const paths = git.status === 0 ? git.stdout.split('\0') : walk(ROOT);
  return [...new Set(paths)]
    .filter((path) => TEXT.test(path) && existsSync(join(ROOT, path)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (GENERATED.test(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [relative(ROOT, path).split(sep).join('/')];
  });
}

export const isTest = (path: string): boolean => path.endsWith('.test.ts') || path.startsWith('tests/');

/** Source that people write and that runs: TypeScript, scripts, C. */
export const isSource = (path: string): boolean => /\.(ts|tsx|mjs|js|c|h)$/.test(path);

/** Folders of all packages and apps: those that hold a package.json. */
export function packageFolders(files: readonly ProjectFile[]): string[] {
  return files.map(({ path }) => path).flatMap((path) => /^((?:packages|apps)\/[^/]+)\/package\.json$/.exec(path)?.[1] ?? []);
}
