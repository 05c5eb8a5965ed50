/** How soon the dashboard shows a run, and how smoothly its heatmap moves, in Debian's Chromium. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './median.mjs';

const CHROMIUM = '/usr/bin/chromium';
const AGGR_NS = 1e8;

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  if (!existsSync(CHROMIUM)) return { title: TITLE, columns: COLUMNS, rows: [], notes: ['not measured: chromium is not installed'] };
  const { chromium } = await import('playwright-core');
  const { startServer } = await import('../../packages/serve/dist/index.js');
  const dir = mkdtempSync(join(tmpdir(), 'damonlab-bench-'));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const server = await startServer({ folders: [dir], host: '127.0.0.1', port: 0 });
  try {
    const rows = [];
    for (const [snapshots, regions] of ctx.quick ? SHAPES.slice(0, 1) : SHAPES) {
      ctx.progress(`dashboard: ${snapshots} x ${regions}`);
      const id = `${snapshots}x${regions}`;
      await makeRun(join(dir, id), snapshots, regions);
      rows.push({ snapshots, regions, ...(await measure(browser, `${server.url}#/run/${id}`, ctx.quick ? 1 : 5)) });
    }
    return { title: TITLE, columns: COLUMNS, rows, notes: NOTES };
  } finally {
    await browser.close();
    await server.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

const SHAPES = [
  [1000, 100],
  [10_000, 10],
  [1000, 1000],
];

/** A run whose regions have another heat in every window, with a truth. */
async function makeRun(dir, snapshots, regions) {
  const { RunWriter } = await import('../../packages/record/dist/index.js');
  const intervals = { sample_us: 5000, aggr_us: 100_000, ops_update_us: 1_000_000 };
  const run = RunWriter.create({ dir, manifest: { name: 'bench', seed: 1, kernel: '7.3', intervals, scenario: {} }, host: {} });
  const start = Float64Array.from({ length: regions }, (_, i) => i * 65_536);
  const end = start.map((from) => from + 65_536);
  for (let index = 0; index < snapshots; index++) {
    const window = { targetId: 0, startNs: index * AGGR_NS, endNs: (index + 1) * AGGR_NS };
    const nrAccesses = Uint32Array.from({ length: regions }, (_, i) => (i * 7 + index * 3) % 21);
    run.truth({ ...window, start: start.subarray(0, 1), end: end.subarray(0, 1) });
    run.snapshot({ ...window, sampleUs: 5000, aggrUs: 100_000, start, end, nrAccesses, age: nrAccesses });
  }
  await run.finish({}, () => ({}));
}

async function measure(browser, url, times) {
  const loads = [];
  const pictures = [];
  const frames = [];
  for (let i = 0; i < times; i++) {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 }, bypassCSP: true });
    await page.goto(url);
    await page.waitForFunction('performance.getEntriesByName("heatmap").length > 0');
    loads.push(await page.evaluate('(({ startTime, duration }) => startTime + duration)(performance.getEntriesByName("heatmap")[0])'));
    await page.evaluate(WATCH_FRAMES);
    await page.locator('canvas.heat').hover();
    for (let step = 0; step < 40; step++) await page.mouse.wheel(0, step < 20 ? -60 : 60);
    await page.waitForTimeout(500);
    frames.push(...(await page.evaluate('frames')));
    pictures.push(...(await page.evaluate('performance.getEntriesByName("heatmap").map((entry) => entry.duration)')));
    await page.close();
  }
  return { load_ms: median(loads), picture_ms: median(pictures), frame_ms: median(frames), worst_frame_ms: Math.max(...frames) };
}

const WATCH_FRAMES = `
  frames = [];
  let before = performance.now();
  const look = (now) => { frames.push(now - before); before = now; requestAnimationFrame(look); };
  requestAnimationFrame(look);
`;

const TITLE = 'The dashboard, from a click on a run to its heatmap';
const COLUMNS = [
  { key: 'snapshots', title: 'snapshots' },
  { key: 'regions', title: 'regions' },
  { key: 'load_ms', title: 'shown after ms', digits: 0 },
  { key: 'picture_ms', title: 'picture ms', digits: 1 },
  { key: 'frame_ms', title: 'frame ms', digits: 1 },
  { key: 'worst_frame_ms', title: 'worst', digits: 0 },
];
const NOTES = [
  'shown: the server reads the run from disk the first time, the median of five is from its memory; frames while zooming by wheel',
];
