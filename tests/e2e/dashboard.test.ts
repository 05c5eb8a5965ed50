/** The dashboard in a browser, against a server as a user starts it and runs as `damonlab run` leaves them. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_CHROMIUM, openBrowser, type Served, serveRuns, watchedPage } from './browser.js';
import { BIN, start, writeStairs } from './cli.js';

/** Two steps, climbed by a thread of each node; the hinting faults change hands in between. */
const CLIMB = `topology: 2-node
duration: 1200 ms
processes:
  - name: stairs
    workload:
      pattern: sweep
      duration: 1200 ms
      access: 400 ns
      spin: off
      areas:
        - { name: step0, size: 4 MiB, populate: 0, threads: [0], until: 600 ms }
        - { name: step1, size: 4 MiB, populate: 0, threads: [1], first: 600 ms }
    threads: 2
    cpus: [0, 4]
monitor:
  sample_control: { primitive: page_fault }
  nr_regions: { min: 20, max: 100 }
numa_balancing: on
sharing: { strategy: runtime_half, owners: [damon], schedule: [{ at: 900 ms, to: numa_balancing }] }
`;

describe.skipIf(!HAS_CHROMIUM)('the dashboard (needs chromium)', () => {
  let cwd: string;
  let browser: Browser;
  let served: Served;
  let ids: { stairs: string; climb: string; other: string };

  const runs = () => join(cwd, 'runs');
  const damonlab = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd, encoding: 'utf8' });
    expect(stderr.replace(/.*\r|damonlab: (running|seed).*/g, ''), stderr).not.toMatch(/internal error/);
    expect(status, stderr).toBe(0);
    return stdout;
  };
  const made = (...args: string[]) => {
    const before = new Set(readdirSync(runs()));
    damonlab('run', ...args, '--quiet');
    return String(readdirSync(runs()).find((name) => !before.has(name)));
  };

  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'damonlab-dashboard-'));
    mkdirSync(runs());
    writeFileSync(join(cwd, 'climb.yaml'), CLIMB);
    const stairs = made(writeStairs(cwd));
    ids = { stairs, other: made('stairs.cfg', '--seed', '2'), climb: made('climb.yaml') };
    served = await serveRuns(cwd);
    browser = await openBrowser();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await served?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  /** A page at `hash`; the test fails if anything goes wrong in it. */
  const at = async (hash: string, use: (page: Page) => Promise<void>) => {
    const { page, errors } = await watchedPage(browser);
    await page.goto(`${served.url}${hash}`);
    await use(page);
    expect(errors).toEqual([]);
    await page.close();
  };
  const part = (page: Page, name: string): Locator => page.locator(`[data-part="${name}"]`);
  const heat = (page: Page): Locator => page.locator('canvas.heat').first();

  it('lists runs, finds and sorts them, and takes up a new one by itself', async () => {
    await at('', async (page) => {
      await page.locator(`tr[data-run="${ids.climb}"]`).waitFor();
      expect(await page.locator('tbody tr').count()).toBe(3);
      await page.getByRole('searchbox').fill('climb');
      await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
      expect(page.url()).toContain('filter=climb');
      await page.getByRole('searchbox').fill('');
      await page.getByRole('button', { name: 'seed' }).click();
      await expect.poll(() => page.locator('tbody tr').first().getAttribute('data-run')).toBe(ids.other);
      // The first run's small heatmap has been drawn.
      await expect.poll(() => colours(page.locator(`tr[data-run="${ids.stairs}"] canvas`))).toBeGreaterThan(3);
      cpSync(join(runs(), ids.climb), join(runs(), 'copy'), { recursive: true });
      await page.locator('tr[data-run="copy"]').waitFor();
      rmSync(join(runs(), 'copy'), { recursive: true });
      await page.locator('tr[data-run="copy"]').waitFor({ state: 'detached' });
    });
  });

  it('shows a run, and what is under the pointer', async () => {
    await at(`#/run/${ids.stairs}`, async (page) => {
      await expect.poll(() => colours(heat(page))).toBeGreaterThan(3);
      await heat(page).hover({ position: { x: 300, y: 200 } });
      await expect
        .poll(() => part(page, 'readout').textContent())
        .toMatch(/nr_accesses \d+\/20 · age \d+ · region 0x[0-9a-f]+-0x[0-9a-f]+/);
      expect(await part(page, 'time').getAttribute('aria-label')).toMatch(/virtual time from 0 ns to 2\.\d+ s/);
      expect(await part(page, 'addr').getAttribute('aria-label')).toMatch(/addresses from 0x[0-9a-f]+ to 0x/);
      expect(await part(page, 'report').textContent()).toBe(damonlab('report', 'summary', `runs/${ids.stairs}`));
    });
  });

  it('zooms and moves by mouse and by keys, and the URL brings the same view back', async () => {
    await at(`#/run/${ids.stairs}`, async (page) => {
      const time = () => part(page, 'time').getAttribute('aria-label');
      const addr = () => part(page, 'addr').getAttribute('aria-label');
      await expect.poll(() => colours(heat(page))).toBeGreaterThan(3);
      const [wholeTime, wholeAddr] = [await time(), await addr()];
      await heat(page).hover({ position: { x: 500, y: 100 } });
      await page.mouse.wheel(0, -200);
      await expect.poll(time).not.toBe(wholeTime);
      expect(await addr()).toBe(wholeAddr);
      await heat(page).press('Shift+W');
      await expect.poll(addr).not.toBe(wholeAddr);
      // The URL follows when the view has come to rest.
      await expect.poll(() => page.url()).toMatch(/time=\d+-\d+&addr=0x[0-9a-f]+-0x[0-9a-f]+/);
      const settled = page.url();
      await heat(page).press('a');
      await expect.poll(() => page.url()).not.toBe(settled);
      const [zoomedTime, zoomedAddr] = [await time(), await addr()];
      await page.reload();
      await expect.poll(time).toBe(zoomedTime);
      expect(await addr()).toBe(zoomedAddr);
      await heat(page).press('0');
      await expect.poll(time).toBe(wholeTime);
      expect(await addr()).toBe(wholeAddr);
      await heat(page).press('ArrowRight');
      await expect.poll(() => part(page, 'readout').textContent()).toMatch(/nr_accesses/);
    });
  });

  it('switches layers: truth, difference, and who', async () => {
    await at(`#/run/${ids.climb}`, async (page) => {
      await expect.poll(() => colours(heat(page))).toBeGreaterThan(2);
      for (const layer of ['truth', 'difference', 'age']) {
        const before = await imageOf(heat(page));
        await page.getByLabel(layer, { exact: true }).check();
        await expect.poll(() => imageOf(heat(page))).not.toBe(before);
        expect(page.url()).not.toContain(`layer=${layer}x`);
        await expect.poll(() => page.url()).toContain(`layer=${layer}`);
      }
      await page.getByLabel('who', { exact: true }).check();
      await expect.poll(() => part(page, 'legend').textContent()).toBe('thread 0thread 1');
      await page.getByLabel('node', { exact: true }).check();
      await expect.poll(() => part(page, 'legend').textContent()).toBe('node 0node 1');
      await page.getByLabel('read/write').check();
      await expect.poll(() => part(page, 'legend').textContent()).toMatch(/read|write/);
    });
  });

  it('offers no layer that the run knows nothing of', async () => {
    await at(`#/run/${ids.stairs}?layer=who`, async (page) => {
      expect(await page.getByLabel('who', { exact: true }).isDisabled()).toBe(true);
      expect(await page.getByLabel('nr_accesses', { exact: true }).isChecked()).toBe(true);
    });
  });

  it('marks who had the hinting faults, and the hand-over', async () => {
    await at(`#/run/${ids.climb}`, async (page) => {
      const label = await page.locator('[data-lane="fault_owner"]').getAttribute('aria-label');
      expect(label).toContain('damon 0 ns to 900 ms');
      expect(label).toContain('numa_balancing 900 ms to 1.200 s');
      expect(label).toContain('900 ms: damon → numa_balancing');
      for (const lane of ['hint_faults', 'accesses', 'access_ns', 'nr_regions', 'wss']) {
        expect(await page.locator(`[data-lane="${lane}"]`).count(), lane).toBe(1);
      }
      expect(await part(page, 'machine').textContent()).toMatch(/node 1.*cpu 4thread 1/);
    });
  });

  it('has figures for a selected span', async () => {
    await at(`#/run/${ids.stairs}`, async (page) => {
      await expect.poll(() => part(page, 'report').textContent()).toMatch(/24 snapshots|25 snapshots/);
      const ruler = await part(page, 'time').boundingBox();
      if (ruler === null) throw new Error('no ruler');
      await page.mouse.move(ruler.x + 400, ruler.y + 10);
      await page.mouse.down();
      await page.mouse.move(ruler.x + 700, ruler.y + 10, { steps: 4 });
      await page.mouse.up();
      await expect.poll(() => part(page, 'span').textContent()).toMatch(/^from .* to /);
      await expect.poll(() => page.url()).toMatch(/span=\d+-\d+/);
      const [, from, to] = /span=(\d+)-(\d+)/.exec(page.url()) ?? [];
      const { windows } = JSON.parse(damonlab('report', 'wss', `runs/${ids.stairs}`, '--format', 'json'));
      const inside = windows.filter((w: { start_ns: number; end_ns: number }) => w.start_ns >= Number(from) && w.end_ns <= Number(to));
      expect(inside.length).toBeGreaterThan(3);
      expect(await part(page, 'report').textContent()).toContain(`${inside.length} snapshots`);
      await page.getByRole('button', { name: 'Of the whole run' }).click();
      await expect.poll(() => part(page, 'span').textContent()).toBe('of the whole run');
    });
  });

  it('compares runs: difference, figures with intervals over seeds, scenarios', async () => {
    await at('', async (page) => {
      for (const id of [ids.stairs, ids.other, ids.climb]) await page.getByLabel(`compare ${id}`).check();
      await page.getByRole('button', { name: 'Compare 3' }).click();
      await expect.poll(() => part(page, 'compared').count()).toBe(3);
      await expect.poll(() => part(page, 'difference').count()).toBe(2);
      await expect.poll(() => colours(part(page, 'difference').first().locator('canvas'))).toBeGreaterThan(3);
      expect(await part(page, 'figures').textContent()).toMatch(/stairs \(2 seeds\).*climb.*cpu\.accesses\d+ ± [\d.]+/);
      expect(await part(page, 'scenarios').textContent()).toMatch(/machine\.seed121/);
    });
  });

  it('compares who made the accesses, where all runs know it', async () => {
    const copy = `${ids.climb}-copy`;
    cpSync(join(runs(), ids.climb), join(runs(), copy), { recursive: true });
    try {
      await at(`#/compare?run=${ids.climb}&run=${copy}&layer=who&by=cpu`, async (page) => {
        await expect.poll(() => part(page, 'compared').count()).toBe(2);
        await expect.poll(() => colours(part(page, 'compared').last().locator('canvas'))).toBeGreaterThan(2);
        await expect.poll(() => part(page, 'legend').first().textContent()).toMatch(/^cpu \d+cpu \d+$/);
        expect(await part(page, 'difference').count()).toBe(0);
      });
      await at(`#/compare?run=${ids.climb}&run=${ids.stairs}&layer=who`, async (page) => {
        await expect.poll(() => part(page, 'difference').count()).toBe(1);
        expect(await page.getByRole('radio', { name: 'who', exact: true }).isDisabled()).toBe(true);
      });
    } finally {
      rmSync(join(runs(), copy), { recursive: true });
    }
  });

  it('saves the view as a picture', async () => {
    await at(`#/run/${ids.climb}`, async (page) => {
      await expect.poll(() => colours(heat(page))).toBeGreaterThan(2);
      const save = async (name: string) => {
        const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
        return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
      };
      const svg = await save('Save SVG');
      expect(svg.name).toBe('climb.svg');
      expect(await svgFacts(page, svg.bytes.toString())).toEqual({ error: null, images: 1 });
      expect(svg.bytes.toString()).toContain('owner of hinting faults');
      const png = await save('Save PNG');
      expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
      expect(png.bytes.length).toBeGreaterThan(10_000);
    });
  });

  it('is one file from `report html`, which opens from disk and asks nobody', async () => {
    damonlab('report', 'html', `runs/${ids.climb}`, '--output', 'climb.html');
    const { page, errors } = await watchedPage(browser);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`file://${join(cwd, 'climb.html')}#/run/climb?layer=who`);
    await expect.poll(() => colours(heat(page))).toBeGreaterThan(2);
    await expect.poll(() => part(page, 'legend').textContent()).toBe('thread 0thread 1');
    expect(await part(page, 'report').textContent()).toBe(damonlab('report', 'summary', `runs/${ids.climb}`));
    expect(asked.filter((url) => !url.startsWith('file://') && !url.startsWith('data:') && !url.startsWith('blob:'))).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('exports a trace that Perfetto opens', () => {
    expect(damonlab('export', `runs/${ids.climb}`, '--format', 'perfetto', '--output', 'climb.json')).toBe('climb.json\n');
    const { traceEvents } = JSON.parse(readFileSync(join(cwd, 'climb.json'), 'utf8'));
    const names = new Set(traceEvents.map((event: { name: string }) => event.name));
    for (const name of ['thread 0', 'thread 1', 'aggregation', 'damon has them', 'damon → numa_balancing', 'hinting fault', 'nr_regions']) {
      expect(names).toContain(name);
    }
  });

  it('says which port is taken', () => {
    const { port } = new URL(served.url);
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'serve', '--port', port], { cwd, encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/the port is taken[\s\S]*another --port/);
  });

  it('follows a run that goes on, until it ends', async () => {
    const running = start(['run', 'stairs-30secs', '--quiet', '--out', 'runs'], cwd);
    let dir = '';
    await expect
      .poll(
        () => {
          dir = readdirSync(runs()).find((name) => name.startsWith('stairs-30secs')) ?? '';
          return dir;
        },
        { timeout: 20_000 },
      )
      .not.toBe('');
    await at(`#/run/${dir}`, async (page) => {
      const snapshots = async () => Number(/(\d+) snapshots/.exec((await page.locator('.run-header').textContent()) ?? '')?.[1] ?? 0);
      await expect.poll(() => part(page, 'state').textContent(), { timeout: 20_000 }).toMatch(/^running/);
      await expect.poll(snapshots, { timeout: 20_000 }).toBeGreaterThan(2);
      const first = await snapshots();
      await expect.poll(snapshots, { timeout: 20_000 }).toBeGreaterThan(first);
      running.child.kill('SIGINT');
      await running.ended;
      await expect.poll(() => part(page, 'state').textContent(), { timeout: 20_000 }).toMatch(/^interrupted/);
      expect(await page.locator('.reason').textContent()).toBe('stopped by the user');
    });
  });

  it('pauses, hands over and resumes a machine that runs', async () => {
    writeFileSync(join(cwd, 'long.yaml'), CLIMB.replaceAll('1200 ms', '600 s').replace(/, schedule: .*] }/, ' }'));
    const running = start(['run', 'long.yaml', '--quiet', '--out', 'runs'], cwd);
    const dir = () => readdirSync(runs()).find((name) => name.startsWith('long-')) ?? '';
    await expect.poll(dir).not.toBe('');
    const { page, errors } = await watchedPage(browser);
    await page.goto(`${served.url}?token=${served.token}#/run/${dir()}`);
    const ask = async (button: string, answer: string) => {
      await page.getByRole('button', { name: button }).click();
      await page.getByText(answer).waitFor();
    };
    await ask('Pause', 'pause: done');
    await ask('Hand over', 'the run is paused');
    await ask('Resume', 'resume: done');
    await page.getByLabel('hinting faults to').selectOption('numa_balancing');
    await ask('Hand over', 'handover: done');
    await expect.poll(() => page.locator('[data-lane="fault_owner"]').getAttribute('aria-label')).toContain('damon → numa_balancing');
    running.child.kill('SIGINT');
    await running.ended;
    await expect.poll(() => part(page, 'state').textContent()).toMatch(/^interrupted/);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('says what is wrong with a run, and shows the others', async () => {
    const broken = join(runs(), 'broken');
    cpSync(join(runs(), ids.stairs), broken, { recursive: true });
    truncateSync(join(broken, 'regions.parquet'), 100);
    const torn = join(runs(), 'torn');
    cpSync(join(runs(), ids.stairs), torn, { recursive: true });
    writeFileSync(join(torn, 'manifest.json'), '{"format": "damonlab-run"');
    await at('', async (page) => {
      await page.locator('tr[data-run="torn"] summary').click();
      expect(await page.locator('tr[data-run="torn"]').textContent()).toContain('it is not JSON');
      await page.locator(`tr[data-run="${ids.stairs}"]`).waitFor();
    });
    await at('#/run/broken', async (page) => {
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').textContent()).toContain('regions.parquet');
    });
    await at('#/run/nowhere', async (page) => {
      expect(await page.getByRole('alert').textContent()).toContain('there is no such run');
    });
    rmSync(broken, { recursive: true });
    rmSync(torn, { recursive: true });
  });

  it('keeps showing a run that is deleted while it is open, and says so on the next visit', async () => {
    cpSync(join(runs(), ids.climb), join(runs(), 'doomed'), { recursive: true });
    await at('#/run/doomed', async (page) => {
      await expect.poll(() => colours(heat(page))).toBeGreaterThan(2);
      rmSync(join(runs(), 'doomed'), { recursive: true });
      await page.getByLabel('who', { exact: true }).check();
      await expect.poll(() => part(page, 'legend').textContent()).toBe('thread 0thread 1');
      await page.reload();
      expect(await page.getByRole('alert').textContent()).toContain('there is no such run');
    });
  });

  it('shows names as they are, whatever they contain', async () => {
    const name = '<img src=x onerror="document.title=\'owned\'">';
    const dir = join(runs(), name.replaceAll('/', ''));
    cpSync(join(runs(), ids.climb), dir, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
    manifest.name = `${name}</script><script>document.title='owned'</script>`;
    manifest.scenario.source.file = name;
    writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
    damonlab('report', 'html', dir, '--output', 'named.html');
    const hash = `#/run/${encodeURIComponent(name)}`;
    for (const [url, seen] of [
      [served.url, 'td a'],
      [`${served.url}${hash}`, 'h1'],
      [`file://${join(cwd, 'named.html')}`, 'h1'],
    ]) {
      const { page } = await watchedPage(browser);
      await page.goto(url);
      await expect.poll(() => page.locator(seen).allTextContents()).toContain(manifest.name);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).not.toBe('owned');
      await page.close();
    }
    rmSync(dir, { recursive: true });
  });

  it('lists a thousand runs', async () => {
    const many = mkdtempSync(join(cwd, 'many-'));
    for (let i = 0; i < 1000; i++) {
      const dir = join(many, `run-${i}`);
      mkdirSync(dir);
      for (const file of ['manifest.json', 'summary.json']) cpSync(join(runs(), ids.stairs, file), join(dir, file));
    }
    const server = await serveRuns(cwd, ['--dir', many]);
    const { page, errors } = await watchedPage(browser);
    await page.goto(server.url);
    await expect.poll(() => part(page, 'count').textContent()).toBe('1000 of 1000');
    expect(await page.locator('tbody tr').count()).toBe(100);
    await page.getByRole('searchbox').fill('nothing');
    await expect.poll(() => part(page, 'count').textContent()).toBe('0 of 1000');
    expect(errors).toEqual([]);
    await page.close();
    await server.stop();
  });

  it('says what to do where there is no run, and no sweep', async () => {
    const server = await serveRuns(cwd, ['--dir', 'none', '--sweeps', 'none']);
    const { page } = await watchedPage(browser);
    await page.goto(server.url);
    await page.getByText('No runs yet').waitFor();
    await page.getByRole('link', { name: 'Sweeps' }).click();
    await page.getByText('No sweeps yet').waitFor();
    await server.stop();
    await page.close();
  });

  it('asks for the token where others can reach it', async () => {
    const server = await serveRuns(cwd, ['--host', '0.0.0.0']);
    const url = server.url.replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${url}api/runs`)).status).toBe(401);
    const { page } = await watchedPage(browser);
    await page.goto(url);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('this is not the token').waitFor();
    await page.getByLabel('Token').fill(server.token);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.locator(`tr[data-run="${ids.stairs}"]`).waitFor();
    await page.close();
    const printed = await browser.newContext();
    const second = await printed.newPage();
    await second.goto(`${url}?token=${server.token}`);
    await second.locator(`tr[data-run="${ids.stairs}"]`).waitFor();
    expect(second.url()).not.toContain('token');
    await printed.close();
    await server.stop();
  });

  it('shows a sweep as small multiples, and a point opens its run', async () => {
    writeFileSync(
      join(cwd, 'steps.yaml'),
      `scenario: climb.yaml
axes:
  sample_us: { key: monitor.intervals.sample_us, grid: { from: 5, to: 10, steps: 2, unit: ms } }
  min: { key: monitor.nr_regions.min, list: [20, 40] }
seeds: 1
figures: { recall: targets.0.touched.rec_1, precision: targets.0.touched.prec_1 }
runs: keep
`,
    );
    damonlab('sweep', 'steps.yaml', '--quiet');
    await at('#/sweeps', async (page) => {
      await page.getByRole('link', { name: 'steps' }).click();
      await expect.poll(() => page.locator('svg.panel').count()).toBe(4);
      await page.getByLabel('lines').selectOption('min');
      await expect.poll(() => page.locator('svg.panel').count()).toBe(2);
      expect(await part(page, 'points').locator('tbody tr').count()).toBe(4);
      await page.locator('svg.panel circle').first().click();
      await expect.poll(() => page.url()).toContain('#/run/climb-');
      await expect.poll(() => colours(heat(page))).toBeGreaterThan(2);
    });
  });
});

/** A function for the page, as text: these tests know no DOM. */
const inPage = (body: string) => new Function('element', body) as (element: unknown) => never;

/** How many colours a canvas shows. */
function colours(canvas: Locator): Promise<number> {
  const pixels = 'element.getContext("2d").getImageData(0, 0, element.width, element.height).data.buffer';
  return canvas.evaluate(inPage(`return new Set(new Uint32Array(${pixels})).size`));
}

function imageOf(canvas: Locator): Promise<string> {
  return canvas.evaluate(inPage('return element.toDataURL()'));
}

/** Images in an SVG text, and what the browser finds wrong with it. */
function svgFacts(page: Page, text: string): Promise<{ error: string | null; images: number }> {
  return page.evaluate(`(() => {
    const document = new DOMParser().parseFromString(${JSON.stringify(text)}, 'image/svg+xml');
    const error = document.querySelector('parsererror')?.textContent ?? null;
    return { error, images: document.querySelectorAll('image').length };
  })()`);
}
