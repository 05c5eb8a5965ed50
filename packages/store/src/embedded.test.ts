import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@damonlab/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from './backend.js';
import { LAYOUT_KEY } from './keys.js';
import { LogMedium } from './log-medium.js';
import { openEmbedded } from './open.js';
import type { PointFailed, SweepRecord } from './run-store.js';
import { contract } from './testing/contract.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-store-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('embedded', () => {
  contract(async () => {
    const opened: Backend[] = [];
    const again = async () => {
      const backend = await openEmbedded(dir);
      opened.push(backend);
      return backend;
    };
    return {
      backend: await again(),
      again,
      end: async () => {
        await Promise.all(opened.map((backend) => backend.close()));
      },
    };
  });
});

describe('what happens to files', () => {
  const log = () => join(dir, 'store.log');
  const sweep: SweepRecord = { name: 's', planHash: '', exporter: '', state: 'running', nrPoints: 10, plan: null };
  const outcome: PointFailed = { state: 'failed', error: 'e', tries: 3, worker: 'w' };
  const used = async <T>(use: (backend: Backend) => Promise<T>): Promise<T> => {
    const backend = await openEmbedded(dir);
    try {
      return await use(backend);
    } finally {
      await backend.close();
    }
  };

  it('killed while it wrote: half a line is lost, and nothing after it', async () => {
    await used(async ({ store }) => {
      await store.putSweep(sweep);
      await store.finish('s', 1, outcome);
    });
    const whole = readFileSync(log());
    truncateSync(log(), whole.length - 5);
    await used(async ({ store }) => {
      expect(await store.counts('s', 100)).toEqual({ done: 0, failed: 0 });
      await store.finish('s', 2, outcome);
      expect(await store.counts('s', 100)).toEqual({ done: 0, failed: 1 });
    });
    const damaged = await used(async (backend) => {
      expect(await backend.store.counts('s', 100)).toEqual({ done: 0, failed: 1 });
      return backend.damaged();
    });
    expect(damaged).toBe(1);
  });

  it('a line that was changed does not count', async () => {
    await used(async ({ store }) => {
      await store.putSweep(sweep);
      await store.finish('s', 1, outcome);
    });
    writeFileSync(
      log(),
      readFileSync(log(), 'utf8')
        .replace('"tries\\\\\\":3', '"tries\\\\\\":4')
        .replace(/tries(.{1,4}):3/, 'tries$1:4'),
    );
    await used(async ({ store }) => expect(await store.counts('s', 100)).toEqual({ done: 0, failed: 0 }));
    appendFileSync(log(), 'no line of ours\n');
    await used(async (backend) => {
      expect((await backend.store.getSweep('s'))?.name).toBe('s');
      expect(backend.damaged()).toBe(2);
    });
  });

  it('a result that was changed is as good as none', async () => {
    const result = { key: 'abcd', scenarioHash: 'h', exporter: 'e', bits: 'b', figures: { f: 1 }, missing: [], run: null };
    await used(({ store }) => store.putResult(result));
    expect(readdirSync(join(dir, 'results'))).toEqual(['ab']);
    const file = join(dir, 'results/ab/abcd.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"f":1', '"f":2'));
    await used(async ({ store }) => expect(await store.getResult('abcd')).toBeNull());
    for (const broken of ['', text.slice(0, 40), 'null']) {
      writeFileSync(file, broken);
      await used(async ({ store }) => expect(await store.getResult('abcd')).toBeNull());
    }
    writeFileSync(join(dir, 'results/ab/abce.json'), text);
    await used(async ({ store }) => {
      expect(await store.getResult('abce')).toBeNull();
      await store.putResult(result);
      expect(await store.getResult('abcd')).toEqual(result);
    });
  });

  it.each(['2', '0', 'x'])('layout %s is refused', async (layout) => {
    const medium = await LogMedium.open(log());
    await medium.write([['set', LAYOUT_KEY, layout]]);
    await medium.close();
    const opened = openEmbedded(dir);
    await expect(opened).rejects.toThrow(UserError);
    await expect(opened).rejects.toThrow(layout === '2' ? /a newer layout[\s\S]*expected: layout 1/ : /an older or unknown layout/);
  });

  it('the claim of a process that is gone falls to the next', async () => {
    await used(async ({ store }) => {
      expect(await store.claim('s', `${hostname()}/999999999`)).toBe(true);
      expect(await store.claim('s', `${hostname()}/${process.pid}`)).toBe(true);
      expect(await store.claim('s', 'elsewhere/1')).toBe(false);
    });
  });

  it('a place that takes no files: one sentence', async () => {
    writeFileSync(join(dir, 'file'), '');
    await expect(openEmbedded(join(dir, 'file/sweeps'))).rejects.toThrow(/cannot write .*store\.log/);
  });
});
