import { describe, expect, it } from 'vitest';
import { installIsCurrent, nodeTooOld } from '../../infra/lib.mjs';
import { closingLine, countTests, skippedTests } from '../../infra/test-counts.mjs';

describe('nodeTooOld', () => {
  it.each([
    ['20.19.0', '>=20.19', true],
    ['20.18.3', '>=20.19', false],
    ['22.1.0', '>=20.19', true],
    ['18.20.4', '>=20.19', false],
    ['9.11.2', '>=20.19', false],
    ['20.19.0', '>=20.19.1', false],
  ])('Node %s for %s: good enough is %s', (version, range, good) => {
    const message = nodeTooOld(version, range);
    expect(message === null).toBe(good);
    if (message !== null) expect(message).toContain(version);
  });
});

describe('installIsCurrent', () => {
  const text = (packages: object) => JSON.stringify({ packages });
  const entry = { version: '1.0.0', integrity: 'sha512-x' };
  const lock = text({ '': { name: 'root' }, 'node_modules/a': entry, 'node_modules/mac': { ...entry, optional: true } });

  it.each([
    ['nothing installed', null, false],
    ['everything but another platform', text({ 'node_modules/a': entry }), true],
    ['a package is missing', text({}), false],
    ['another version', text({ 'node_modules/a': { ...entry, version: '1.0.1' } }), false],
    ['other contents', text({ 'node_modules/a': { ...entry, integrity: 'sha512-y' } }), false],
    ['one too many', text({ 'node_modules/a': entry, 'node_modules/b': entry }), true],
  ])('%s', (_, installed, current) => {
    expect(installIsCurrent(lock, installed)).toBe(current);
  });
});

describe('countTests', () => {
  const report = (files: object[], counts: object) =>
    JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: files, ...counts });
  const failed = { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] };
  const unloaded = { status: 'failed', assertionResults: [] };

  it('counts tests, and a file that cannot be loaded as one failed', () => {
    expect(countTests(report([failed, unloaded], { numPassedTests: 1, numFailedTests: 1 }))).toEqual({ passed: 1, failed: 2, skipped: 0 });
    expect(countTests(report([], { numPassedTests: 3, numPendingTests: 1, numTodoTests: 1 }))).toEqual({
      passed: 3,
      failed: 0,
      skipped: 2,
    });
    expect(countTests(null)).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });

  it('names what was skipped', () => {
    const test = (title: string, status: string) => ({ ancestorTitles: ['on a Redis (needs redis-server)'], title, status });
    const file = { name: '/here/packages/store/src/redis.test.ts', assertionResults: [test('a', 'pending'), test('b', 'passed')] };
    expect(skippedTests(report([file], {}), '/here')).toEqual(['packages/store/src/redis.test.ts: on a Redis (needs redis-server) > a']);
    expect(skippedTests(null, '/here')).toEqual([]);
  });

  it('closes with a line of its own form', () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(closingLine({ passed: 12, failed: 1, skipped: 2 })).toBe('12 passed, 1 failed, 2 skipped');
  });
});
