/** A machine that takes commands, seen in a browser: who watches it, who has the token, and what it is asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunWriter } from '@damonlab/record';
import { type ControlPort, type ControlRequest, type RunningServer, startServer } from '@damonlab/serve';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_CHROMIUM, openBrowser, watchedPage } from './browser.js';

describe.skipIf(!HAS_CHROMIUM)('control in the dashboard (needs chromium)', () => {
  let dir: string;
  let browser: Browser;
  let server: RunningServer;
  let run: RunWriter;
  const asked: ControlRequest[] = [];
  const control: ControlPort = {
    commandsOf: async () => ['pause', 'resume', 'handover', 'commit'],
    send: async (_, request) => {
      asked.push(request);
      if (request.command !== 'handover') return;
      const counts = { walked: 0, changed: 0, shootdowns: 0, leftOver: 0, costNs: 0, quiescedNs: -1 };
      run.rows('handovers', [{ atNs: 15e7, stopped: 'damon', started: String(request.to), busy: '', ...counts }]);
      window(1);
    },
  };

  /** What a machine records in a window of 100 ms. */
  const window = (index: number) => {
    const time = { startNs: index * 1e8, endNs: (index + 1) * 1e8 };
    const counts = { inForce: 0, armed: 1, lostArms: 0, disarmed: 0, delivered: 1, misattributed: 0, stray: 0, lostFaults: 0 };
    run.rows('sharing', [
      { ...time, user: 'damon', active: 1 - index, ...counts },
      { ...time, user: 'numa_balancing', active: index, ...counts },
    ]);
    const [start, end] = [Float64Array.of(0, 4096), Float64Array.of(4096, 8192)];
    const regions = { start, end, nrAccesses: Uint32Array.of(index, 20), age: Uint32Array.of(1, 2) };
    run.snapshot({ targetId: 0, ...time, sampleUs: 5000, aggrUs: 100_000, ...regions });
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'damonlab-control-'));
    const intervals = { sample_us: 5000, aggr_us: 100_000, ops_update_us: 1_000_000 };
    run = RunWriter.create({
      dir: join(dir, 'live'),
      manifest: { name: 'live', seed: 1, kernel: '7.3', intervals, scenario: {} },
      host: {},
    });
    window(0);
    server = await startServer({ folders: [dir], host: '127.0.0.1', port: 0, control });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const owners = (page: Page) => page.locator('[data-lane="fault_owner"]').getAttribute('aria-label');
  const open = async (query: string) => {
    const seen = await watchedPage(browser);
    await seen.page.goto(`${server.url}${query}#/run/live`);
    await seen.page.locator('[data-part="control"]').waitFor();
    return seen;
  };

  it('lets nobody command without the token, and takes it', async () => {
    const { page, errors } = await open('');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('this needs the token').waitFor();
    expect(asked).toEqual([]);
    await page.getByLabel('token').fill(server.token);
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('pause: done').waitFor();
    await page.getByLabel('attribute').selectOption('aggr_us');
    await page.getByLabel('value').fill('50000');
    await page.getByRole('button', { name: 'Commit' }).click();
    await page.getByText('commit: done').waitFor();
    expect(asked).toEqual([{ command: 'pause' }, { command: 'commit', attrs: { aggr_us: 50_000 } }]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('hands the faults over, and the lane shows it', async () => {
    const { page, errors } = await open(`?token=${server.token}`);
    await expect.poll(() => owners(page)).toContain('numa_balancing never');
    await page.getByLabel('hinting faults to').selectOption('numa_balancing');
    await page.getByRole('button', { name: 'Hand over' }).click();
    await expect.poll(() => owners(page)).toContain('150 ms: damon → numa_balancing');
    expect(await owners(page)).toContain('numa_balancing 150 ms to 200 ms');
    expect(asked.at(-1)).toEqual({ command: 'handover', to: 'numa_balancing' });
    await run.finish({}, () => ({}));
    await expect.poll(() => page.locator('[data-part="state"]').textContent()).toBe('complete, 200 ms');
    expect(await page.locator('[data-part="control"]').count()).toBe(0);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
