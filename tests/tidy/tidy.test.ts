import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSource, isTest, type ProjectFile, packageFolders, projectFiles, ROOT } from './files.js';
import { banned, inexactVersions, lockfileGaps, lockfileHosts, longFunctions, skipsWithoutReason, tooLong, tooWide } from './rules.js';

const files = projectFiles();
const own = files.filter(({ path }) => path !== 'package-lock.json');
const source = own.filter(({ path }) => isSource(path));
const code = source.filter(({ path }) => !isTest(path));
const folders = packageFolders(files);
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const offences = (of: readonly ProjectFile[], rule: (file: ProjectFile) => string[]): string[] => of.flatMap(rule);

/** Everything below `machine`: time and chance come in as arguments, or the same seed would not give the same run. */
const NO_CLOCK = /^packages\/(base|mm|workload|damon|damos|cpu|damon-ops)\/src\//;

it('sees the project', () => {
  expect(folders).toContain('packages/base');
  expect(folders).toContain('apps/cli');
  expect(code.length).toBeGreaterThan(20);
});

describe('dependencies', () => {
  it('have exact versions', () => {
    const manifests = own.filter(({ path }) => /(^|\/)package\.json$/.test(path));
    expect(manifests.length).toBe(folders.length + 1);
    expect(offences(manifests, inexactVersions)).toEqual([]);
  });

  it('are locked for every platform', () => {
    expect(lockfileGaps(read('package-lock.json'))).toEqual([]);
  });

  it('are locked without naming a registry', () => {
    expect(lockfileHosts(read('package-lock.json'))).toEqual([]);
  });

  it('reach other packages through their front door', () => {
    expect(offences(source, (file) => banned(file, /['"]@damonlab\/[\w-]+\//, 'deep import', { code: true }))).toEqual([]);
  });
});

describe('packages', () => {
  it.each(folders)('%s has a README', (folder) => {
    expect(existsSync(join(ROOT, folder, 'README.md'))).toBe(true);
  });

  it.each(folders)('%s has a level, and ARCHITECTURE.md says which', (folder) => {
    const { tags } = JSON.parse(read(join(folder, 'turbo.json')));
    expect(tags).toEqual([expect.stringMatching(/^(level[0-8]|dev)$/)]);
    const name = folder.replace('packages/', '');
    expect(read('ARCHITECTURE.md')).toContain(`| ${tags[0].replace('level', '')} | \`${name}\` |`);
  });
});

describe('source', () => {
  it('has no file over 500 lines', () => {
    expect(offences(source, (file) => tooLong(file, 500))).toEqual([]);
  });

  it('has no function over 80 lines', () => {
    expect(offences(code, (file) => longFunctions(file, 80))).toEqual([]);
  });

  it('has no line over 140 columns', () => {
    expect(offences(source, (file) => tooWide(file, 140))).toEqual([]);
  });

  it('has neither clock nor chance below machine', () => {
    const pure = code.filter(({ path }) => NO_CLOCK.test(path));
    expect(pure.length).toBeGreaterThan(10);
    const pattern = /\b(Date|performance|hrtime|setTimeout|setInterval|setImmediate)\b|\bMath\.random\b/;
    expect(offences(pure, (file) => banned(file, pattern, 'clock or chance', { code: true }))).toEqual([]);
  });

  it('has nothing left to do', () => {
    // The brackets keep this line from matching itself.
    expect(offences(own, (file) => banned(file, /\b(TO[D]O|FIX[M]E|X[X]X)\b/, 'unfinished'))).toEqual([]);
  });

  it('names no path of the machine it was written on', () => {
    const pattern = /(^|[^\w.])\/work\/|\/tmp\/(ref|notes)\b|\.\.\/shared\/|(^|[^\w/.-])shared\/(oracle|masim-configs|[\w.-]+\.md)/;
    expect(offences(own, (file) => banned(file, pattern, 'machine path'))).toEqual([]);
  });
});

describe('tests', () => {
  const tests = source.filter(({ path }) => isTest(path) && !path.startsWith('tests/tidy/'));

  it('all run', () => {
    expect(offences(tests, (file) => banned(file, /\.only\(/, 'the other tests are left out', { code: true }))).toEqual([]);
  });

  it('say why when they are skipped', () => {
    expect(offences(tests, skipsWithoutReason)).toEqual([]);
  });
});
