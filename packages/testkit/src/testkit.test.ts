import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE_BYTES } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeds } from './seeds.js';
import { sortedRanges } from './sorted-ranges.js';
import { spawnCli } from './spawn-cli.js';
import { withTempDir } from './temp-dir.js';

describe('sortedRanges', () => {
  it('is sorted, disjoint, aligned and never empty', () => {
    fc.assert(
      fc.property(sortedRanges({ maxPages: 4 }), (ranges) => {
        expect(ranges.length).toBeGreaterThan(0);
        ranges.forEach(({ start, end }, i) => {
          expect(start % PAGE_BYTES).toBe(0);
          expect(end % PAGE_BYTES).toBe(0);
          expect(end).toBeGreaterThan(start);
          if (i > 0) expect(start).toBeGreaterThanOrEqual(ranges[i - 1].end);
        });
      }),
    );
  });

  it('keeps ranges apart when asked to', () => {
    const touching = ({ adjacent }: { adjacent: boolean }): boolean =>
      fc
        .sample(sortedRanges({ maxPages: 2, minLength: 2, adjacent }), { numRuns: 200, seed: 1 })
        .some((ranges) => ranges.some(({ start }, i) => i > 0 && start === ranges[i - 1].end));
    expect(touching({ adjacent: true })).toBe(true);
    expect(touching({ adjacent: false })).toBe(false);
  });

  it('takes another unit', () => {
    fc.assert(
      fc.property(sortedRanges({ unitBytes: 1, maxPages: 3, minLength: 0 }), (ranges) =>
        ranges.every(({ start, end }) => end - start >= 1 && end - start <= 3),
      ),
    );
  });
});

describe('seeds', () => {
  it('are the same at every call, distinct, and the first of more', () => {
    expect(seeds(3)).toEqual([1, 48_271, 182_605_794]);
    expect(new Set(seeds(10_000)).size).toBe(10_000);
    expect(seeds(10).slice(0, 3)).toEqual(seeds(3));
    expect(seeds(0)).toEqual([]);
  });
});

describe('withTempDir', () => {
  it('is gone afterwards, also after an error', async () => {
    const dirs: string[] = [];
    const result = await withTempDir((dir) => {
      dirs.push(dir);
      return existsSync(join(dir));
    });
    const failing = withTempDir((dir) => {
      dirs.push(dir);
      throw new Error('inside');
    });
    await expect(failing).rejects.toThrow('inside');
    expect(result).toBe(true);
    expect(dirs.map((dir) => existsSync(dir))).toEqual([false, false]);
  });
});

describe('spawnCli', () => {
  /** Code that runs in the place of the command. */
  const instead = (code: string) => ({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` });
  const echo = `
    import { readFileSync, writeSync } from 'node:fs';
    writeSync(1, process.argv.slice(2).join() + readFileSync(0, 'utf8'));
    writeSync(2, process.cwd() + process.env.NO_COLOR + process.env.HOME);
    process.exit(3);`;

  it('hands over arguments, input, directory and environment, and returns what came out', async () => {
    const result = await spawnCli(['run', 'x'], { cwd: '/', input: ' typed', env: { ...instead(echo), HOME: undefined } });
    expect(result).toEqual({ status: 3, signal: null, stdout: 'run,x typed', stderr: '/1undefined' });
  });

  it('interrupts as Ctrl-C does', async () => {
    const result = await spawnCli([], { signal: AbortSignal.abort(), env: instead('setInterval(() => {}, 1000);') });
    expect(result).toMatchObject({ status: null, signal: 'SIGINT' });
  });
});
