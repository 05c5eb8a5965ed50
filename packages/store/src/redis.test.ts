import { freePort, hasRedis, RedisServer } from '@damonlab/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from './backend.js';
import { LAYOUT_KEY } from './keys.js';
import { openRedis } from './open.js';
import { hidePasswords, parseRedisUrl } from './redis-url.js';
import { contract } from './testing/contract.js';

describe.skipIf(!hasRedis)('on a Redis (needs redis-server)', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  const empty = async () => {
    const client = new Redis(server.url);
    await client.flushall();
    client.disconnect();
  };

  describe('the contract', () => {
    contract(async () => {
      await empty();
      const opened: Backend[] = [];
      const again = async () => {
        const backend = await openRedis(server.url);
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

  it('all keys stand under one prefix, and no key holds the password', async () => {
    await empty();
    const backend = await openRedis(server.url);
    await backend.store.putSweep({ name: 's', planHash: '', exporter: '', state: 'running', nrPoints: 1, plan: null });
    await backend.queue('s').add([{ id: '1', data: {} }]);
    await backend.close();
    const client = new Redis(server.url);
    const keys = await client.keys('*');
    client.disconnect();
    expect(keys.length).toBeGreaterThan(4);
    for (const key of keys) expect(key).toMatch(/^damonlab:(layout$|1:)/);
  });

  it('is away for a while: what was asked meanwhile is answered afterwards', async () => {
    await empty();
    const backend = await openRedis(server.url);
    await backend.store.putSweep({ name: 's', planHash: '', exporter: '', state: 'running', nrPoints: 100, plan: null });
    await server.down('SIGKILL');
    const waiting = [1, 2, 3].map((i) => backend.store.finish('s', i, { state: 'failed', error: 'e', tries: 3, worker: 'w' }));
    await server.up();
    expect(await Promise.all(waiting)).toEqual([true, true, true]);
    expect(await backend.store.counts('s', 100)).toEqual({ done: 0, failed: 3 });
    await backend.close();
  });

  it.each(['2', '0'])('layout %s is refused', async (layout) => {
    await empty();
    const client = new Redis(server.url);
    await client.set(LAYOUT_KEY, layout);
    client.disconnect();
    await expect(openRedis(server.url)).rejects.toThrow(
      layout === '2' ? /a newer layout[\s\S]*expected: layout 1/ : /an older or unknown layout/,
    );
    await empty();
  });

  it('a wrong password, and none: said without showing any', async () => {
    const wrong = `redis://:wrong-secret@127.0.0.1:${server.port}`;
    for (const url of [wrong, `redis://127.0.0.1:${server.port}`]) {
      const error = await openRedis(url).catch((reason: unknown) => reason);
      expect(String(error)).toMatch(/^UserError: redis:\/\/127\.0\.0\.1:\d+: the Redis does not accept the password/);
      expect(JSON.stringify(error) + String(error)).not.toContain('wrong-secret');
    }
    const backend = await openRedis(`redis://127.0.0.1:${server.port}`, server.password);
    expect(backend.where).toBe(`redis://127.0.0.1:${server.port}`);
    await backend.close();
  });
});

it('a Redis that nobody runs: one message', async () => {
  await expect(openRedis(`redis://:secret@127.0.0.1:${await freePort()}`)).rejects.toThrow(
    /^redis:\/\/127\.0\.0\.1:\d+: cannot reach the Redis\n {2}actual: {3}connect ECONNREFUSED/,
  );
});

describe('URLs', () => {
  it.each([
    ['redis://host', { host: 'host', port: 6379, db: 0 }, 'redis://host'],
    ['redis://:p%40ss@host:7000/3', { host: 'host', port: 7000, db: 3, password: 'p@ss' }, 'redis://host:7000/3'],
    ['redis://bob:pw@[::1]:7000', { host: '::1', port: 7000, db: 0, username: 'bob', password: 'pw' }, 'redis://bob@[::1]:7000'],
    ['rediss://:pw@host', { host: 'host', port: 6379, db: 0, password: 'pw', tls: { servername: 'host' } }, 'rediss://host'],
  ])('%s', (text, options, shown) => {
    expect(parseRedisUrl(text)).toEqual({ options, shown });
  });

  it.each(['http://:secret@host', 'host:6379', ':secret@host', 'redis://:secret@host/x', '', 'redis://:sec@ret@'])('%s is none', (text) => {
    const error = (() => {
      try {
        return parseRedisUrl(text);
      } catch (reason) {
        return String(reason);
      }
    })();
    expect(error).toMatch(/not the (URL|number)/);
    if (text.includes('//')) expect(error).not.toMatch(/secret|sec@|ret@/);
  });

  it('passwords are hidden in any text', () => {
    expect(hidePasswords('cannot open redis://:a:b@c@host:1/2 and rediss://u:p@h')).toBe(
      'cannot open redis://:***@host:1/2 and rediss://u:***@h',
    );
  });
});
