import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { DESCRIPTION, temporaryDir } from '../test/events.js';
import { newManifest, readManifest, scenarioHash, writeManifest } from './manifest.js';

describe('scenarioHash', () => {
  it('does not depend on the order of keys, but on everything else', () => {
    expect(scenarioHash({ a: 1, b: { c: 2, d: [1, 2] } })).toBe(scenarioHash({ b: { d: [1, 2], c: 2 }, a: 1 }));
    expect(scenarioHash({ a: [1, 2] })).not.toBe(scenarioHash({ a: [2, 1] }));
    expect(scenarioHash({ a: 1 })).not.toBe(scenarioHash({ a: '1' }));
  });

  it('takes a missing and an undefined value as the same', () => {
    expect(scenarioHash({ a: 1, b: undefined })).toBe(scenarioHash({ a: 1 }));
  });

  it('is the SHA-256 of the canonical text', () => {
    // printf '{"a":1}' | sha256sum
    expect(scenarioHash({ a: 1 })).toBe('015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862');
  });
});

describe('readManifest', () => {
  const written = (change: object) => {
    const dir = temporaryDir();
    writeManifest(dir, { ...newManifest(DESCRIPTION), ...change });
    return dir;
  };

  it('gives back what was written', () => {
    expect(readManifest(written({ state: 'failed', reason: 'why' }))).toMatchObject({ ...DESCRIPTION, state: 'failed', reason: 'why' });
  });

  it.each([
    ['a newer version', { formatVersion: 2 }, /newer damonlab/],
    ['another format', { format: 'other' }, /not the manifest of a run/],
    ['an unknown state', { state: 'asleep' }, /corrupt file/],
    ['bad intervals', { intervals: { sample_us: 'x' } }, /corrupt file/],
  ])('refuses %s', (_, change, message) => {
    const dir = written(change);
    expect(() => readManifest(dir)).toThrow(message);
    expect(() => readManifest(dir)).toThrow(UserError);
  });

  it('refuses what is no run directory, and what is no JSON', () => {
    const dir = temporaryDir();
    expect(() => readManifest(dir)).toThrow(/not a run directory/);
    fs.writeFileSync(path.join(dir, 'manifest.json'), '{"format":');
    expect(() => readManifest(dir)).toThrow(/not JSON/);
  });
});
