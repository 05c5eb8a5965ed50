import { UserError } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScenario, type ResolvedScenario, reviveScenario } from './index.js';

const VALID = {
  name: 'fuzz',
  kernel: '7.3',
  seed: 1,
  topology: { nodes: [{ cpus: 2, memory: '2 GiB' }], distance: [[10]], latency_ns: [[1]] },
  tlb: { entries: 64, ways: 4 },
  thp: 'never',
  duration: '1 s',
  truth: true,
  machine: { preset: 'oracle', walk: '1 ns' },
  processes: [{ name: 'a', workload: { pattern: 'zipf', size: '1 MiB', theta: 1 }, threads: 1, cpus: [0] }],
  monitor: {
    ops: 'vaddr',
    intervals: {
      sample_us: '5 ms',
      aggr_us: '100 ms',
      intervals_goal: { access_bp: '4 %', aggrs: 3, min_sample_us: '5 ms', max_sample_us: '10 s' },
    },
    nr_regions: { min: 10, max: 1000 },
    targets: [{ regions: [{ start: 0, end: 4096 }] }],
    kdamond: { cpu: 0, wake: '5 us' },
  },
};

const KEYS = [
  'name',
  'seed',
  'topology',
  'nodes',
  'cpus',
  'processes',
  'workload',
  'masim',
  'monitor',
  'intervals',
  'size',
  '__proto__',
  'constructor',
];
const anyValue = fc.oneof(
  fc.constantFrom('max', '5 ms', '4 %', '64 MiB', 'off', '', null, 0, -1, 1.5, 1e300, [], {}, true, '3', 2 ** 53),
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(fc.constantFrom(...KEYS), fc.jsonValue({ maxDepth: 2 })),
);

/** A resolved scenario, or undefined for a UserError that names the file; anything else fails. */
function resolve(text: string, file: string): ResolvedScenario | undefined {
  try {
    return parseScenario(text, file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toContain('fuzz.');
    return undefined;
  }
}

/** Every path in `value`. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, child]) => pathsOf(child).map((path) => [key, ...path]))];
}

function replaced(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = Array.isArray(tree) ? [...tree] : { ...(tree as object) };
  return Object.assign(copy, { [key]: replaced((tree as Record<string, unknown>)[key], rest, value) });
}

describe('any input is a scenario or a UserError with a place', () => {
  it('accepts the valid one', () => {
    expect(resolve(JSON.stringify(VALID), 'fuzz.yaml')?.name).toBe('fuzz');
  });

  it('with one value replaced', () => {
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(VALID)), anyValue, (path, value) => {
        const scenario = resolve(JSON.stringify(replaced(VALID, path, value)), 'fuzz.yaml');
        if (scenario !== undefined) expect(reviveScenario(JSON.parse(JSON.stringify(scenario)), 'manifest.json')).toEqual(scenario);
      }),
      { numRuns: 1500 },
    );
  });

  it('of any JSON', () => {
    fc.assert(
      fc.property(anyValue, (value) => void resolve(JSON.stringify(value), 'fuzz.yaml')),
      { numRuns: 500 },
    );
  });

  it('of any text', () => {
    const yamlish = fc.array(
      fc.constantFrom('a', ':', ' ', '\n', '-', '&a', '*a', '[', ']', '{', '}', '!!set', '? ', '<<', '"', '|', '#', '\t'),
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      yamlish.map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, fc.constantFrom('fuzz.yaml', 'fuzz.cfg'), (value, file) => void resolve(value, file)),
      { numRuns: 1500 },
    );
  });

  it('of a manifest', () => {
    const scenario = resolve(JSON.stringify(VALID), 'fuzz.yaml');
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(scenario)), anyValue, (path, value) => {
        try {
          reviveScenario(replaced(scenario, path, value), 'manifest.json');
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect(String(error)).toContain('manifest.json: scenario');
        }
      }),
      { numRuns: 500 },
    );
  });
});
