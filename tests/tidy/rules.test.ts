import { describe, expect, it } from 'vitest';
import { banned, inexactVersions, lockfileGaps, lockfileHosts, longFunctions, skipsWithoutReason, tooLong, tooWide } from './rules.js';

const file = (text: string) => ({ path: 'a.ts', text });

describe('each rule finds what it is for', () => {
  it('banned words, with their line, and not in comments when code is asked for', () => {
    const text = 'const a = 1;\n// Date\n/* Date\n Date */ const b = Date.now();\n';
    expect(banned(file(text), /\bDate\b/, 'clock', { code: true })).toEqual(['a.ts:4: clock: const b = Date.now();']);
    expect(banned(file(text), /\bDate\b/, 'clock')).toHaveLength(3);
    expect(banned(file("get('http://host/Date');"), /Date/, 'clock', { code: true })).toHaveLength(1);
  });

  it('long files and wide lines', () => {
    expect(tooLong(file('x\n'.repeat(3)), 3)).toEqual([]);
    expect(tooLong(file('x\n'.repeat(4)), 3)).toEqual(['a.ts: 4 lines, at most 3']);
    expect(tooWide(file(`${'é'.repeat(5)}\n${'x'.repeat(6)}`), 5)).toEqual(['a.ts:2: 6 columns, at most 5']);
  });

  it.each([
    ['function', 'export function f(a: number): void {', '}'],
    ['arrow function', 'const f = (a: number) => {', '};'],
    ['parameters over several lines', 'function f(\n  a: number,\n): void {', '}'],
    ['method', '  static async read(path: string): Promise<void> {', '  }'],
    ['private method', '  #step(n: number) {', '  }'],
    ['C function', 'static void walk(char *base) {', '}'],
    ['C function, brace below', 'static void walk(char *base)\n{', '}'],
  ])('long functions: %s', (_, open, close) => {
    const body = (lines: number) => file(`${open}\n${'    x();\n'.repeat(lines)}${close}\n`);
    expect(longFunctions(body(4), 10)).toEqual([]);
    expect(longFunctions(body(10), 10).length).toBeGreaterThan(0);
  });

  it('long blocks are not long functions', () => {
    expect(longFunctions(file(`  if (a(b)) {\n${'    x();\n'.repeat(20)}  }\n`), 10)).toEqual([]);
  });

  it('skips without a reason', () => {
    expect(skipsWithoutReason(file("it.skip('the heatmap', () => {});"))).toHaveLength(1);
    expect(skipsWithoutReason(file("it.skipIf(!hasCc)(\n  'native figures (needs cc)',\n  () => {},\n);"))).toEqual([]);
    expect(skipsWithoutReason(file("context.skip(!hasDamo, 'no damo on this machine');"))).toEqual([]);
  });

  it('inexact versions', () => {
    const manifest = (version: string) => file(JSON.stringify({ devDependencies: { vitest: version } }));
    for (const version of ['^4.1.12', '~4.1.12', '4', '*', 'latest', '>=4.1.12'])
      expect(inexactVersions(manifest(version))).toHaveLength(1);
    for (const version of ['4.1.12', '1.0.0-rc.2']) expect(inexactVersions(manifest(version))).toEqual([]);
  });
});

describe('lockfile', () => {
  const lock = (packages: object) => JSON.stringify({ packages });
  const parent = { optionalDependencies: { '@a/linux': '1.0.0' } };

  it('has an entry for each optional package, wherever Node would find it', () => {
    expect(lockfileGaps(lock({ 'node_modules/a': parent }))).toEqual([
      'package-lock.json: node_modules/a names @a/linux, which has no entry',
    ]);
    expect(lockfileGaps(lock({ 'node_modules/a': parent, 'node_modules/@a/linux': {} }))).toEqual([]);
    expect(lockfileGaps(lock({ 'node_modules/b/node_modules/a': parent, 'node_modules/b/node_modules/@a/linux': {} }))).toEqual([]);
    expect(lockfileGaps(lock({ 'node_modules/a': parent, 'node_modules/b/node_modules/@a/linux': {} }))).toHaveLength(1);
    expect(lockfileGaps(lock({ 'packages/x': parent, 'node_modules/@a/linux': {} }))).toEqual([]);
    expect(lockfileGaps(lock({ '': parent, 'node_modules/@a/linux': {} }))).toEqual([]);
  });

  it('names no host', () => {
    expect(lockfileHosts(lock({ 'node_modules/@d/x': { resolved: 'packages/x', link: true } }))).toEqual([]);
    expect(lockfileHosts(lock({ 'node_modules/a': { resolved: 'https://registry.example/a.tgz' } }))).toHaveLength(1);
  });
});
