import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, hasRedis, RedisServer } from '@damonlab/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SweepPlan, sweepId } from '../../packages/sweep/dist/index.js';
import { json, type Running, start } from './cli.js';
import { csvOf, damonlab, doneAtLeast, openRedis, Worker, writeSweep } from './sweeps.js';

/** Many processes start here, one after the other: on a busy machine that takes its time. */
const PATIENCE_MS = 300_000;
const PATIENT = { timeout: 60_000 };

let dir: string;
let workers: Worker[] = [];
let coordinators: Running[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-sweep-'));
});
afterEach(async () => {
  for (const { child } of coordinators) child.kill('SIGKILL');
  await Promise.all([...workers.map((worker) => worker.kill()), ...coordinators.map(({ ended }) => ended)]);
  [workers, coordinators] = [[], []];
  rmSync(dir, { recursive: true, force: true });
});

function worker(env: Record<string, string>, ...args: string[]): Worker {
  const made = new Worker(dir, ['--jobs', '1', ...args], env);
  workers.push(made);
  return made;
}

describe.skipIf(!hasRedis)('sweeps over a Redis (needs redis-server)', { timeout: PATIENCE_MS }, () => {
  let server: RedisServer;
  let env: { DAMONLAB_REDIS: string };
  beforeAll(async () => {
    server = await RedisServer.start();
    env = { DAMONLAB_REDIS: server.url };
  });
  afterAll(() => server.stop());

  it('workers killed, Redis restarted: the same table as undisturbed on this machine, each point once', async () => {
    const file = writeSweep(dir, { name: 'chaos', seeds: 9 }, 100);
    const store = await openRedis(server.url);
    worker(env);
    const second = worker(env);
    const sweep = damonlab(dir, ['sweep', file, '--jobs', '0', '--json'], env);
    await doneAtLeast(store, 'chaos', 4);
    await second.kill();
    worker(env);
    await doneAtLeast(store, 'chaos', 12);
    await server.down('SIGKILL');
    await server.up();
    const { status, stdout, stderr } = await sweep;
    expect(status, stderr).toBe(0);
    expect(json(stdout)).toMatchObject({ state: 'complete', total: 36, done: 36, failed: 0 });
    await store.close();

    const over = await csvOf(dir, 'chaos', env);
    const [, ...points] = over.trim().split('\n');
    expect(new Set(points.map((line) => line.split(',')[0])).size).toBe(36);
    expect(points).toHaveLength(36);
    expect(await damonlab(dir, ['sweep', file, '--quiet'])).toMatchObject({ status: 0 });
    expect(await csvOf(dir, 'chaos')).toBe(over);
  });

  it('SIGTERM: the point under way is finished, nothing more is taken, and the sweep goes on without', async () => {
    const file = writeSweep(dir, { name: 'drain', axes: {}, seeds: 40 }, 1500);
    const store = await openRedis(server.url);
    const sweep = start(['sweep', file, '--jobs', '0', '--redis', server.url], dir);
    coordinators.push(sweep);
    await doneAtLeast(store, 'drain', 0);
    const first = worker(env, 'drain');
    await doneAtLeast(store, 'drain', 1);
    first.child.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ status: 0, stderr: expect.stringMatching(/joined with 1 job[\s\S]*draining/) });
    const record = await store.store.getSweep('drain');
    const queue = store.queue(sweepId(record as NonNullable<typeof record>));
    await expect.poll(async () => (await queue.counts()).running, PATIENT).toBe(0);
    expect((await damonlab(dir, ['sweep', 'cancel', 'drain'], env)).stdout).toMatch(/drain cancelled: [1-9]\d* points done, 0 failed/);
    expect(await sweep.ended).toMatchObject({ status: 1 });
    await store.close();
  });

  it('a worker of other code, without the trace, or one that makes another scenario of a point, refuses with the reason', async () => {
    const file = writeSweep(dir, { name: 'other' });
    expect(await damonlab(dir, ['sweep', file, '--quiet'], env)).toMatchObject({ status: 0 });
    const store = await openRedis(server.url);
    const record = (await store.store.getSweep('other')) as NonNullable<Awaited<ReturnType<typeof store.store.getSweep>>>;
    await store.store.putSweep({ ...record, state: 'running', exporter: 'damonlab@9.9.9+feedfeedfeed' });
    expect(await worker(env, 'other').ended).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /belongs to another version[\s\S]*expected: damonlab@9\.9\.9\+feed[\s\S]*actual: {3}damonlab@0\.1\.0\+/,
      ),
    });
    expect(await damonlab(dir, ['sweep', file, '--resume'], env)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/another version/),
    });

    const plan = record.plan as SweepPlan;
    const traces = {
      'x.dltrace': { file: 'x.dltrace', dir: '/nowhere', id: 'ab'.repeat(16), cpus: [0], bytes: 4096, tick: 'ns' as const },
    };
    await store.store.putSweep({ ...record, state: 'running', plan: { ...plan, bundle: { ...plan.bundle, traces } } });
    expect(await worker(env, 'other').ended).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/other: x\.dltrace: a trace that is not on this machine\n {2}expected: id (ab){16} in \/nowhere or /),
    });

    await store.store.putSweep({ ...record, state: 'running' });
    await store.store.forgetAll(sweepId(record), record.nrPoints);
    await store.queue(sweepId(record)).add([{ id: '0', data: { index: 0, scenarioHash: 'ab'.repeat(32) } }]);
    expect(await worker(env, 'other').ended).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/another scenario of the point than the sweep says\n {2}expected: scenario hash abab/),
    });
    await store.store.setState('other', 'complete');
    expect(await worker(env, 'nothing').ended).toMatchObject({ status: 2, stderr: expect.stringMatching(/no such sweep[\s\S]*other/) });
    await store.close();
  });

  it('who follows the events sees the sweep begin, its points and its end', async () => {
    const store = await openRedis(server.url);
    const seen: string[] = [];
    const stop = await store.store.subscribe((event) => {
      const ours = event.type === 'point' ? event.id.startsWith('events@') : event.sweep === 'events';
      if (ours) seen.push(event.type === 'state' ? event.state : event.type);
    });
    const file = writeSweep(dir, { name: 'events' });
    await damonlab(dir, ['sweep', file, '--quiet', '--jobs', '1'], env);
    await expect.poll(() => seen.at(-1), PATIENT).toBe('progress');
    expect(seen[0]).toBe('running');
    expect(seen.filter((type) => type === 'point')).toHaveLength(12);
    expect(seen).toContain('complete');
    await stop();
    await store.close();
  });

  it('a password in a file; a wrong one, and none: told without showing any', async () => {
    const bare = `redis://127.0.0.1:${server.port}`;
    writeFileSync(join(dir, 'secret'), `${server.password}\n`);
    const shown = await damonlab(dir, ['sweep', 'status', '--redis', bare], { DAMONLAB_REDIS_PASSWORD_FILE: join(dir, 'secret') });
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    const gone = await damonlab(dir, ['sweep', 'status', '--redis', bare], { DAMONLAB_REDIS_PASSWORD_FILE: join(dir, 'gone') });
    expect(gone).toMatchObject({ status: 2, stderr: expect.stringMatching(/cannot read the password/) });
    for (const url of [bare, bare.replace('//', '//:open-sesame@')]) {
      const { status, stdout, stderr } = await damonlab(dir, ['sweep', 'status', '--redis', url], { DAMONLAB_DEBUG: '1' });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/does not accept the password/);
      expect(stderr).not.toContain('sesame');
    }
    const refused = await worker({ DAMONLAB_REDIS: bare.replace('//', '//:open-sesame@') }).ended;
    expect(refused).toMatchObject({ status: 2, stderr: expect.not.stringContaining('sesame') });
  });

  it('TLS: rediss:// with a certificate that this machine trusts', async (context) => {
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const openssl = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ]);
    context.skip(openssl.status !== 0, 'needs openssl');
    const port = await freePort();
    const secure = await RedisServer.start(
      '--tls-port',
      `${port}`,
      '--tls-cert-file',
      cert,
      '--tls-key-file',
      key,
      '--tls-auth-clients',
      'no',
    );
    try {
      const url = `rediss://:${encodeURIComponent(secure.password)}@localhost:${port}`;
      const file = writeSweep(dir, { name: 'tls', seeds: 1 });
      const trusting = { DAMONLAB_REDIS: url, NODE_EXTRA_CA_CERTS: cert };
      const { status, stderr } = await damonlab(dir, ['sweep', file, '--quiet', '--jobs', '1'], trusting);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const suspicious = await damonlab(dir, ['sweep', 'status'], { DAMONLAB_REDIS: url });
      expect(suspicious).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/cannot reach the Redis[\s\S]*self-signed certificate/),
      });
    } finally {
      await secure.stop();
    }
  });
});

it('a Redis that nobody runs: one message', { timeout: PATIENCE_MS }, async () => {
  const url = `redis://:open-sesame@127.0.0.1:${await freePort()}`;
  for (const args of [
    ['sweep', writeSweep(dir)],
    ['sweep', 'status'],
    ['report', 'sweep', 'x', '--x', 'a', '--y', 'b'],
  ]) {
    const { status, stdout, stderr } = await damonlab(dir, [...args, '--redis', url]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^damonlab: redis:\/\/127\.0\.0\.1:\d+: cannot reach the Redis\n {2}actual: {3}connect ECONNREFUSED/);
    expect(stderr).not.toContain('sesame');
  }
});
