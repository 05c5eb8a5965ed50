import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { UserError } from '@damonlab/base';
import type { ControlRequest, RunEntry } from '@damonlab/dashboard';
import { JOURNAL, JournalReader, RunWriter } from '@damonlab/record';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Access } from './access.js';
import { createApp } from './app.js';
import { type ControlPort, NO_CONTROL, NO_SWEEPS } from './ports.js';
import { RunBytes } from './run-bytes.js';
import { RunFolder } from './run-folder.js';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'damonlab-serve-'));
const folder = path.join(root, 'runs');
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const PAGE = { html: '<p>page</p>', script: 'script', style: 'style' };
const TOKEN = 'the token';

function appOf({ loopback = true, control = NO_CONTROL }: { loopback?: boolean; control?: ControlPort } = {}) {
  return createApp({
    access: new Access({ loopback, token: TOKEN }),
    folder: new RunFolder([folder]),
    bytes: new RunBytes(),
    page: PAGE,
    control,
    sweeps: NO_SWEEPS,
  });
}

/** A run under `id`, with a snapshot; ended unless said otherwise. */
async function makeRun(id: string, { ended = true } = {}): Promise<RunWriter> {
  const manifest = { name: id, seed: 1, kernel: '7.3', intervals: null, scenario: { source: { file: 'a.yaml' } } };
  const run = RunWriter.create({ dir: path.join(folder, id), manifest, host: {} });
  snapshot(run, 0);
  if (ended) await run.finish({}, () => ({}));
  return run;
}

function snapshot(run: RunWriter, index: number): void {
  const [start, end] = [Float64Array.of(4096), Float64Array.of(8192)];
  const counts = { nrAccesses: Uint32Array.of(index), age: Uint32Array.of(1) };
  run.snapshot({ targetId: 0, startNs: index * 1e8, endNs: (index + 1) * 1e8, sampleUs: 5000, aggrUs: 100_000, start, end, ...counts });
}

type App = ReturnType<typeof appOf>;
const get = (app: App, url: string, headers: Record<string, string> = {}) =>
  app.request(url, { headers: { host: 'localhost', ...headers } });
const post = (app: App, url: string, body: unknown, headers: Record<string, string> = {}) =>
  app.request(url, {
    method: 'POST',
    headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const problemOf = async (response: Response) => String(((await response.json()) as { problem: string }).problem);

beforeEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
});

describe('runs', () => {
  it('are listed, the broken ones with their problem, other folders not at all', async () => {
    await makeRun('good');
    fs.mkdirSync(path.join(folder, 'torn'));
    fs.writeFileSync(path.join(folder, 'torn', 'manifest.json'), '{');
    fs.mkdirSync(path.join(folder, 'photos'));
    fs.writeFileSync(path.join(folder, 'file'), '');
    const { runs } = (await (await get(appOf(), '/api/runs')).json()) as { runs: RunEntry[] };
    expect(runs.map(({ id, state, scenario }) => [id, state, scenario])).toEqual([
      ['good', 'complete', 'a.yaml'],
      ['torn', 'unreadable', ''],
    ]);
    expect(runs[1].problem).toContain('it is not JSON');
  });

  it('come as a journal, finished or growing', async () => {
    const app = appOf();
    const read = async (id: string, from: number) =>
      new Uint8Array(await (await get(app, `/api/runs/${id}/journal?from=${from}`)).arrayBuffer());
    await makeRun('ended');
    const whole = new JournalReader('ended');
    expect(whole.push(await read('ended', 0))).toBe(true);
    expect(whole.rows.snapshots).toHaveLength(1);

    const run = await makeRun('growing', { ended: false });
    expect(await (await get(app, '/api/runs/growing')).json()).toMatchObject({ live: true, commands: [], manifest: { state: 'running' } });
    const reader = new JournalReader('growing');
    const first = await read('growing', 0);
    reader.push(first);
    snapshot(run, 1);
    reader.push(await read('growing', first.length));
    expect(reader.rows.snapshots.map(({ endNs }) => endNs)).toEqual([1e8, 2e8]);
    await run.finish({}, () => ({}));
    expect((await get(app, `/api/runs/growing/journal?from=${first.length}`)).status).toBe(409);
  });

  it('say by events how far they are, and that they have ended', async () => {
    const run = await makeRun('growing', { ended: false });
    const response = await get(appOf(), '/api/runs/growing/events');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const next = async () => JSON.parse(new TextDecoder().decode((await reader.read()).value).replace(/^data: /, ''));
    const size = () => fs.statSync(path.join(folder, 'growing', JOURNAL)).size;
    expect(await next()).toEqual({ bytes: size(), live: true });
    snapshot(run, 1);
    snapshot(run, 2);
    expect(await next()).toEqual({ bytes: size(), live: true });
    await run.finish({}, () => ({}));
    expect(await next()).toEqual({ bytes: 0, live: false });
    expect((await reader.read()).done).toBe(true);
  });

  it('were killed if they have not grown for long', async () => {
    await makeRun('killed', { ended: false });
    fs.utimesSync(path.join(folder, 'killed', JOURNAL), new Date(0), new Date(0));
    expect(await (await get(appOf(), '/api/runs/killed')).json()).toMatchObject({ live: false });
    expect((await get(appOf(), '/api/runs/killed/journal')).status).toBe(200);
  });

  it('have small pictures', async () => {
    await makeRun('one');
    const picture = (await (await get(appOf(), '/api/runs/one/picture')).json()) as { heat: string };
    expect(picture.heat).toMatch(/^0{1536}$/);
  });

  it('that are damaged are told so', async () => {
    await makeRun('damaged');
    fs.truncateSync(path.join(folder, 'damaged', 'regions.parquet'), 20);
    const response = await get(appOf(), '/api/runs/damaged/journal');
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toContain('regions.parquet');
  });

  it('cannot be asked for in nonsense', async () => {
    await makeRun('one');
    for (const from of ['-1', 'x', '1e99', '0.5']) expect((await get(appOf(), `/api/runs/one/journal?from=${from}`)).status).toBe(400);
  });
});

describe('the disk around the folder', () => {
  const outside = path.join(root, 'outside');

  it('is out of reach', async () => {
    await makeRun('inside');
    fs.rmSync(outside, { recursive: true, force: true });
    fs.cpSync(path.join(folder, 'inside'), outside, { recursive: true });
    fs.symlinkSync(outside, path.join(folder, 'link'));
    fs.symlinkSync('inside', path.join(folder, 'alias'));
    const ways = ['../outside', '..', '.', 'link', outside, 'inside/../../outside', '..\\outside', 'in\0side', 'inside/manifest.json', ''];
    for (const way of ways) {
      for (const url of [
        `/api/runs/${encodeURIComponent(way)}`,
        `/api/runs/${way}`,
        `/api/runs/${encodeURIComponent(encodeURIComponent(way))}`,
      ]) {
        const response = await get(appOf(), url);
        const escaped = response.status === 200 && !('runs' in ((await response.json()) as object));
        expect(escaped, url).toBe(false);
      }
    }
    expect((await get(appOf(), '/api/runs/alias')).status).toBe(200);
    const { runs } = (await (await get(appOf(), '/api/runs')).json()) as { runs: RunEntry[] };
    expect(runs.map(({ id }) => id)).toEqual(['alias', 'inside']);
  });

  it('is out of reach by whatever name', () => {
    const dirs = new RunFolder([folder]);
    fs.mkdirSync(path.join(folder, 'there'), { recursive: true });
    const piece = fc.constantFrom('..', '.', '/', '\\', 'there', 'outside', '\0', '%2e', '~', ' ');
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (id) => {
          try {
            expect(path.dirname(fs.realpathSync(dirs.dirOf(id)))).toBe(fs.realpathSync(folder));
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
    );
  });
});

describe('who may do what', () => {
  const asked: ControlRequest[] = [];
  const control: ControlPort = {
    commandsOf: async () => ['pause', 'commit'],
    send: async (_, request) => {
      if (request.attrs?.sample_us === 0) throw new UserError('sample_us must be above 0');
      asked.push(request);
    },
  };

  it('this machine reads freely, and the others with the token', async () => {
    expect((await get(appOf(), '/api/runs')).status).toBe(200);
    const app = appOf({ loopback: false });
    expect((await get(app, '/api/runs', { host: 'lab.example:7373' })).status).toBe(401);
    expect((await get(app, '/api/runs', { host: 'lab.example:7373', authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    expect((await get(app, '/', { host: 'lab.example:7373' })).status).toBe(200);
  });

  it('the token becomes a cookie that scripts cannot read and other sites do not send', async () => {
    const app = appOf({ loopback: false });
    expect((await post(app, '/api/session', { token: 'another' })).status).toBe(401);
    const response = await post(app, '/api/session', { token: TOKEN });
    const cookie = String(response.headers.get('set-cookie'));
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect((await get(app, '/api/runs', { cookie: cookie.split(';')[0] })).status).toBe(200);
  });

  it('commands need the token even here, and are checked', async () => {
    await makeRun('run', { ended: false });
    const app = appOf({ control });
    const url = '/api/runs/run/control';
    const authorization = `Bearer ${TOKEN}`;
    expect(await (await get(app, '/api/runs/run')).json()).toMatchObject({ commands: ['pause', 'commit'] });
    expect((await post(app, url, { command: 'pause' })).status).toBe(401);
    expect((await post(app, url, { command: 'pause' }, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await post(app, url, { command: 'pause' }, { authorization })).status).toBe(200);
    expect((await post(app, url, { command: 'commit', attrs: { sample_us: 1000 } }, { authorization })).status).toBe(200);
    expect(asked).toEqual([{ command: 'pause' }, { command: 'commit', attrs: { sample_us: 1000 } }]);
    const refused = [{ command: 'explode' }, { command: 'resume' }, { command: 'commit', attrs: { sample_us: 'x' } }, [], null];
    for (const body of refused) expect((await post(app, url, body, { authorization })).status, JSON.stringify(body)).toBe(422);
    const answer = await post(app, url, { command: 'commit', attrs: { sample_us: 0 } }, { authorization });
    expect([answer.status, await problemOf(answer)]).toEqual([422, 'sample_us must be above 0']);
    expect(asked).toHaveLength(2);
  });

  it('other sites do nothing, under whatever name they reach this server', async () => {
    const app = appOf();
    expect((await get(app, '/api/runs', { host: 'evil.example' })).status).toBe(403);
    expect((await get(app, '/api/runs', { host: 'localhost.evil.example' })).status).toBe(403);
    expect((await get(app, '/api/runs', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await get(app, '/api/runs', { host: 'localhost:7373', origin: 'http://localhost:7373' })).status).toBe(200);
    const form = { method: 'POST', headers: { host: 'localhost', 'content-type': 'text/plain' }, body: JSON.stringify({ token: TOKEN }) };
    expect((await app.request('/api/session', form)).status).toBe(422);
    expect((await post(app, '/api/session', { token: 'x'.repeat(100_000) })).status).toBe(413);
  });

  it('the page may run and fetch nothing but its own', async () => {
    const response = await get(appOf(), '/');
    const policy = String(response.headers.get('content-security-policy'));
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await get(appOf(), '/nowhere')).status).toBe(404);
  });
});
