import { setTimeout as wait } from 'node:timers/promises';
import { UserError } from '@damonlab/base';
import { COMMANDS, type ControlRequest, type PageFiles, type RunEvent, type RunInfo } from '@damonlab/dashboard';
import { readManifest } from '@damonlab/record';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { type Access, refuse } from './access.js';
import type { ControlPort, SweepPort } from './ports.js';
import { journalBytes, type RunBytes, RunEnded } from './run-bytes.js';
import { isLive, NoSuchRun, type RunFolder } from './run-folder.js';

export interface AppParts {
  readonly access: Access;
  readonly folder: RunFolder;
  readonly bytes: RunBytes;
  readonly page: PageFiles;
  readonly control: ControlPort;
  readonly sweeps: SweepPort;
}

/** At most ten times a second a page hears of a running machine. */
const LIVE_MS = 100;
/** So often the folder is looked at for a page that shows the list. */
const LIST_MS = 1000;
const MOST_BODY_BYTES = 64 << 10;

const NOTHING = ["'none'"];
const OWN = ["'self'"];
/** The page needs its own script and style, and images that it made itself. Nothing else runs or is fetched, whatever a name contains. */
const POLICY = {
  defaultSrc: NOTHING,
  scriptSrc: OWN,
  styleSrc: OWN,
  imgSrc: [...OWN, 'data:', 'blob:'],
  connectSrc: OWN,
  baseUri: NOTHING,
  formAction: NOTHING,
  frameAncestors: NOTHING,
};

/** The routes of the server. */
export function createApp(parts: AppParts): Hono {
  const { access } = parts;
  const app = new Hono();
  app.use(
    secureHeaders({ contentSecurityPolicy: POLICY, referrerPolicy: 'no-referrer', xFrameOptions: 'DENY', strictTransportSecurity: false }),
  );
  app.use(access.ownSite);
  app.use('/api/*', bodyLimit({ maxSize: MOST_BODY_BYTES, onError: (context) => refuse(context, 413, 'too much at once') }));
  app.use('/api/*', async (context, next) => {
    await next();
    context.header('cache-control', 'no-store');
  });
  addPage(app, parts.page);
  app.post('/api/session', async (context) => {
    const { token } = await jsonObject(context);
    return access.admit(context, token) ? context.json({}) : refuse(context, 401, 'this is not the token of this server');
  });
  app.use('/api/*', access.reading);
  addRuns(app, parts);
  addControl(app, parts);
  addSweeps(app, parts);
  app.notFound((context) => refuse(context, 404, `nothing is at ${context.req.path}`));
  app.onError((error, context) => answerTo(error, context));
  return app;
}

function addPage(app: Hono, { html, script, style }: PageFiles): void {
  app.get('/', (context) => context.html(html));
  app.get('/page.js', (context) => context.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  app.get('/page.css', (context) => context.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }));
}

function addRuns(app: Hono, { folder, bytes, control }: AppParts): void {
  const dirOf = (context: Context) => folder.dirOf(context.req.param('id') ?? '');
  app.get('/api/runs', (context) => context.json({ runs: folder.list() }));
  app.get('/api/events', (context) => newest(context, LIST_MS, () => ({ data: folder.signature(), last: false })));
  app.get('/api/runs/:id', async (context) => {
    const dir = dirOf(context);
    const manifest = readManifest(dir);
    const live = isLive(dir, manifest);
    const info: RunInfo = { manifest, live, commands: live ? await control.commandsOf(dir) : [] };
    return context.json(info);
  });
  app.get('/api/runs/:id/journal', async (context) => {
    const from = Number(context.req.query('from') ?? 0);
    if (!(Number.isSafeInteger(from) && from >= 0)) return refuse(context, 400, 'from is a number of bytes');
    const body = await bytes.from(dirOf(context), from);
    return context.body(new Uint8Array(body), 200, { 'content-type': 'application/octet-stream' });
  });
  app.get('/api/runs/:id/picture', async (context) => context.json(await bytes.picture(dirOf(context))));
  app.get('/api/runs/:id/events', (context) => {
    const dir = dirOf(context);
    return newest(context, LIVE_MS, () => {
      const event = eventOf(dir);
      return { data: JSON.stringify(event), last: !event.live };
    });
  });
}

/** A run that was deleted meanwhile lives no more: the page looks again, and is told so. */
function eventOf(dir: string): RunEvent {
  try {
    return { bytes: journalBytes(dir), live: isLive(dir, readManifest(dir)) };
  } catch (error) {
    if (error instanceof UserError) return { bytes: 0, live: false };
    throw error;
  }
}

function addControl(app: Hono, { access, folder, control }: AppParts): void {
  app.post('/api/runs/:id/control', access.commanding, async (context) => {
    const dir = folder.dirOf(context.req.param('id'));
    const request = commandIn(await jsonObject(context));
    if (!(await control.commandsOf(dir)).includes(request.command)) {
      throw new UserError(`the machine of this run cannot be asked to ${request.command}`, { hint: 'it may have ended' });
    }
    await control.send(dir, request);
    return context.json({});
  });
}

function addSweeps(app: Hono, { sweeps }: AppParts): void {
  app.get('/api/sweeps', async (context) => context.json({ sweeps: await sweeps.list() }));
  app.get('/api/sweeps/:name', async (context) => {
    const asked = { x: context.req.query('x') ?? '', group: context.req.query('group') ?? '', y: context.req.queries('y') ?? [] };
    return context.json(await sweeps.chart(context.req.param('name'), asked));
  });
}

/**
 * Send what `look` sees whenever it has changed, not more often than every `everyMs`. A page that reads slowly is waited for, and then gets
 * the newest: nothing is queued, and whoever is looked at does not notice.
 */
function newest(context: Context, everyMs: number, look: () => { readonly data: string; readonly last: boolean }): Response {
  return streamSSE(context, async (stream) => {
    let before: string | null = null;
    while (!stream.aborted && !stream.closed) {
      const { data, last } = look();
      if (data !== before) await stream.writeSSE({ data: data.replaceAll('\n', ' ') });
      if (last) return;
      before = data;
      await wait(everyMs);
    }
  });
}

async function jsonObject(context: Context): Promise<Readonly<Record<string, unknown>>> {
  const type = context.req.header('content-type') ?? '';
  const value: unknown = /^application\/json\b/.test(type) ? await context.req.json().catch(() => null) : null;
  if (typeof value !== 'object' || value === null)
    throw new UserError('this is no JSON object', { expected: 'content-type application/json' });
  return Object.fromEntries(Object.entries(value));
}

function commandIn({ command, to, attrs }: Readonly<Record<string, unknown>>): ControlRequest {
  const known = COMMANDS.find((name) => name === command);
  if (known === undefined) throw new UserError('no such command', { expected: COMMANDS.join(', '), actual: String(command) });
  const numbers = Object.entries(typeof attrs === 'object' && attrs !== null ? attrs : {});
  const wrong = numbers.find(([, value]) => !Number.isSafeInteger(value));
  if (wrong !== undefined)
    throw new UserError('impossible value', { where: wrong[0], expected: 'a whole number', actual: String(wrong[1]) });
  return {
    command: known,
    ...(typeof to === 'string' ? { to } : {}),
    ...(attrs === undefined ? {} : { attrs: Object.fromEntries(numbers) }),
  };
}

/** A user's mistake and a broken run are told in words; what is wrong in the server itself is not spread over the wire. */
function answerTo(error: Error, context: Context): Response {
  if (error instanceof NoSuchRun) return refuse(context, 404, error.message);
  if (error instanceof RunEnded) return refuse(context, 409, error.message);
  if (error instanceof UserError) return refuse(context, 422, error.message);
  if ('code' in error && error.code === 'ENOENT') return refuse(context, 404, 'it was deleted while it was read');
  console.error(error);
  return refuse(context, 500, 'the server failed; it says why where it was started');
}
