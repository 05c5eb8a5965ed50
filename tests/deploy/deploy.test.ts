import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort, hasRedis } from '@damonlab/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import { z } from 'zod';

const DEPLOY = resolve(import.meta.dirname, '../../infra/deploy');
const read = (...path: string[]) => readFileSync(join(DEPLOY, ...path), 'utf8');
const files = (folder: string) => readdirSync(join(DEPLOY, folder));

/** What compose files may hold, as far as ours uses it: https://github.com/compose-spec/compose-spec/blob/main/spec.md */
const service = z.strictObject({
  image: z.string(),
  build: z.strictObject({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()).optional(),
  secrets: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.enum(['service_started', 'service_healthy']) })).optional(),
  volumes: z.array(z.string().regex(/^[\w./-]+:\/[\w./-]+(:ro)?$/)).optional(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)).optional(),
  healthcheck: z.strictObject({ test: z.array(z.string()).min(2), interval: z.string(), timeout: z.string(), retries: z.int() }).optional(),
  deploy: z.strictObject({ replicas: z.string() }).optional(),
  stop_grace_period: z.string().optional(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']),
});
const compose = z.strictObject({
  name: z.string(),
  'x-damonlab': z.unknown(),
  services: z.strictObject({ redis: service, worker: service, status: service, dashboard: service }),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});

describe('compose.yaml', () => {
  const text = read('compose.yaml');
  const { services, secrets, volumes } = compose.parse(parseYaml(text, { merge: true }));

  it('names only what it declares, and commands that there are', () => {
    for (const { secrets: used = [], volumes: mounts = [], depends_on = {} } of Object.values(services)) {
      for (const secret of used) expect(secrets).toHaveProperty(secret);
      for (const name of Object.keys(depends_on)) expect(services).toHaveProperty(name);
      for (const [source] of mounts.map((mount) => mount.split(':'))) {
        if (source.startsWith('.')) read(source);
        else expect(volumes).toHaveProperty([source]);
      }
    }
    expect(services.worker.command[0]).toBe('damonlab-worker');
    expect(services.status.command.slice(0, 3)).toEqual(['damonlab', 'sweep', 'status']);
    expect(services.dashboard.command.slice(0, 2)).toEqual(['damonlab', 'serve']);
    expect(services.dashboard.volumes).toEqual(services.worker.volumes?.map((mount) => `${mount}:ro`));
    read('Dockerfile');
  });

  it('has no password in it', () => {
    expect(text).not.toMatch(/requirepass (?!%s)|:\/\/[^/\s]*:[^P\s][^\s]*@/);
    expect(services.worker.environment).toEqual({
      DAMONLAB_REDIS: 'redis://redis',
      DAMONLAB_REDIS_PASSWORD_FILE: '/run/secrets/redis_password',
    });
  });
});

/** What the API server would check of our kinds, as far as they use it. */
const meta = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  labels: z.record(z.string(), z.string()).optional(),
});
const volume = z.union([
  z.strictObject({ name: z.string(), configMap: z.strictObject({ name: z.string() }) }),
  z.strictObject({ name: z.string(), secret: z.strictObject({ secretName: z.string() }) }),
]);
const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).min(1),
  args: z.array(z.string()).optional(),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
  ports: z.array(z.strictObject({ containerPort: z.int() })).optional(),
  readinessProbe: z.strictObject({ exec: z.strictObject({ command: z.array(z.string()) }) }).optional(),
  resources: z.strictObject({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }).optional(),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string().startsWith('/'), readOnly: z.literal(true).optional() })),
});
const podSpec = z.strictObject({
  containers: z.array(container).length(1),
  volumes: z.array(volume),
  restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).optional(),
  terminationGracePeriodSeconds: z.int().optional(),
});
const template = z.strictObject({ metadata: z.strictObject({ labels: z.record(z.string(), z.string()) }), spec: podSpec });
const selector = z.strictObject({ matchLabels: z.record(z.string(), z.string()) });
const claim = z.strictObject({
  metadata: z.strictObject({ name: z.string() }),
  spec: z.strictObject({
    accessModes: z.array(z.enum(['ReadWriteOnce', 'ReadWriteMany'])),
    resources: z.strictObject({ requests: z.strictObject({ storage: z.string() }) }),
  }),
});
const manifest = z.discriminatedUnion('kind', [
  z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.literal('Service'),
    metadata: meta,
    spec: z.strictObject({
      selector: z.record(z.string(), z.string()),
      ports: z.array(z.strictObject({ name: z.string(), port: z.int() })),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal('apps/v1'),
    kind: z.literal('StatefulSet'),
    metadata: meta,
    spec: z.strictObject({ serviceName: z.string(), replicas: z.int(), selector, template, volumeClaimTemplates: z.array(claim) }),
  }),
  z.strictObject({
    apiVersion: z.literal('apps/v1'),
    kind: z.literal('Deployment'),
    metadata: meta,
    spec: z.strictObject({ replicas: z.int(), selector, template }),
  }),
  z.strictObject({
    apiVersion: z.literal('batch/v1'),
    kind: z.literal('Job'),
    metadata: meta,
    spec: z.strictObject({ backoffLimit: z.int(), template }),
  }),
]);

describe.each(files('kubernetes'))('kubernetes/%s', (file) => {
  const text = read('kubernetes', file);
  const manifests = parseAllDocuments(text).map((document) => manifest.parse(document.toJS()));

  it('selects its own pods, and mounts only what it has', () => {
    for (const { kind, spec } of manifests) {
      if (kind === 'Service') continue;
      if ('selector' in spec) expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      const [{ volumeMounts }] = spec.template.spec.containers;
      const claims = 'volumeClaimTemplates' in spec ? spec.volumeClaimTemplates.map(({ metadata }) => metadata.name) : [];
      const names = [...spec.template.spec.volumes.map(({ name }) => name), ...claims];
      expect(volumeMounts.map(({ name }) => name).sort()).toEqual(names.sort());
    }
  });

  it('takes the password from a secret', () => {
    expect(text).not.toMatch(/requirepass (?!%s)|:\/\/[^/\s]*:[^\s]*@/);
    expect(text).toContain('secretName: damonlab-redis');
  });
});

describe('systemd', () => {
  const units = files('systemd').map((file) => join(DEPLOY, 'systemd', file));
  const has = spawnSync('systemd-analyze', ['--version']).status === 0;

  it.skipIf(!has)('needs systemd-analyze: it finds nothing wrong with the units', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
    expect({ status, ours: stderr.split('\n').filter((line) => line.includes('damonlab')) }).toEqual({ status: 0, ours: [] });
  });

  it('drain on SIGTERM, and take the password from a credential', () => {
    const worker = read('systemd', 'damonlab-worker@.service');
    expect(worker).toMatch(/^KillMode=mixed$/m);
    expect(worker).toMatch(/^TimeoutStopSec=infinity$/m);
    expect(worker).toMatch(/^LoadCredential=redis-password:/m);
    expect(worker).toContain('/apps/worker/bin/damonlab-worker.js ');
    expect(read('systemd', 'damonlab-dashboard.service')).toContain('/apps/cli/bin/damonlab.js serve ');
  });
});

describe('redis.conf', () => {
  it.skipIf(!hasRedis)('needs redis-server: with a password on standard input, it keeps all and throws out nothing', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'damonlab-conf-'));
    const port = await freePort();
    const server = spawn(process.env.DAMONLAB_REDIS_SERVER ?? 'redis-server', ['-'], { cwd: dir, stdio: ['pipe', 'ignore', 'ignore'] });
    server.stdin.end(`${read('redis.conf')}\nport ${port}\nbind 127.0.0.1\nrequirepass let%me/in\n`);
    const client = new Redis({ port, host: '127.0.0.1', password: 'let%me/in' });
    client.on('error', () => {});
    try {
      expect(await client.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
      expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
      expect(await client.config('GET', 'requirepass')).toEqual(['requirepass', 'let%me/in']);
    } finally {
      client.disconnect();
      const ended = new Promise((done) => server.once('exit', done));
      server.kill('SIGKILL');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
