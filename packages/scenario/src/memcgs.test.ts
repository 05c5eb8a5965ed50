import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { parseScenario, reviveScenario } from './index.js';

const yaml = (memcgs: string, rest = '') =>
  parseScenario(
    [
      'processes:',
      '  - { memcg: /app/web, workload: { pattern: zipf, size: 8 MiB } }',
      '  - { workload: { pattern: zipf, size: 8 MiB } }',
      `memcgs: ${memcgs}`,
      rest,
    ].join('\n'),
    'lab/test.yaml',
  );

describe('memcgs', () => {
  it('limits are pages; files can go even without swap space; and they come back from a manifest', () => {
    const scenario = yaml('[{ path: /app, max: 4 MiB }, { path: /app/web, high: 10000 }]');
    expect(scenario.machine.memory?.memcgs).toEqual([
      { path: '/app', maxPages: 1024 },
      { path: '/app/web', highPages: 2 },
    ]);
    expect(scenario.machine.memory?.swap?.pages).toBe(0);
    expect(reviveScenario(JSON.parse(JSON.stringify(scenario)), 'manifest')).toEqual(scenario);
    expect(yaml('[{ path: /app, max: 4 MiB }]', 'swap: 1 MiB').machine.memory?.swap?.pages).toBe(256);
  });

  it.each([
    ['the root', '[{ path: /, max: 4 MiB }]', ['lab/test.yaml:4:', 'no cgroup that can have limits', 'the root has no limits']],
    ['no path', '[{ path: app, max: 4 MiB }]', ['lab/test.yaml:4:', 'impossible value', '"app"']],
    ['no limit', '[{ path: /app }]', ['a cgroup without limits', '`max`, `high` or both']],
    ['one path twice', '[{ path: /app, max: 4 MiB }, { path: /app, high: 4 MiB }]', ['two cgroups of one path', '/app']],
    ['a cgroup of nobody', '[{ path: /ap, max: 4 MiB }]', ['no process is in this cgroup', 'one of /app/web, /']],
    ['less than a page', '[{ path: /app, max: 100 }]', ['impossible value', '4096 or more', '100']],
  ])('%s is an error with its place', (_, memcgs, parts) => {
    expect(() => yaml(memcgs)).toThrow(UserError);
    for (const part of parts) expect(() => yaml(memcgs)).toThrow(part);
  });
});
