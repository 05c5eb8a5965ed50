import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TraceBuilder } from '@damonlab/trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleScenario, findTraces, resolveBundle } from './bundle.js';
import { loadScenario } from './load.js';
import type { Override } from './overrides.js';

const shipped = (name: string) => fileURLToPath(new URL(`../../../scenarios/${name}`, import.meta.url));
const set = (key: string, value: string): Override => ({ flag: `--set ${key}`, key, value });

describe('a bundled scenario', () => {
  it.each(['stairs-demo.cfg', 'two-node.yaml', 'zipf.yaml'])('%s resolves to the same as its file', (name) => {
    const overrides = [set('seed', '7'), set('monitor.nr_regions.max', '500')];
    const bundle = JSON.parse(JSON.stringify(bundleScenario(shipped(name), [[]])));
    expect(resolveBundle(bundle, overrides)).toEqual(loadScenario(shipped(name), overrides));
  });

  it('holds the masim configs that any variant names', () => {
    const masim = (file: string) => [set('processes.0.workload.masim', file)];
    const bundle = bundleScenario(shipped('oracle-stairs.yaml'), [masim('zigzag-demo.cfg'), masim('stairs-demo.cfg')]);
    expect(Object.keys(bundle.masim).sort()).toEqual(['stairs-demo.cfg', 'zigzag-demo.cfg']);
    expect(bundle.masim['zigzag-demo.cfg']).toBe(readFileSync(shipped('zigzag-demo.cfg'), 'utf8'));
    expect(() => resolveBundle(bundle, masim('thp.cfg'))).toThrow(/does not hold[\s\S]*thp\.cfg/);
  });

  it('a mistake in a variant is told as one of the file', () => {
    expect(() => bundleScenario(shipped('zipf.yaml'), [[set('monitor.nr_regoins.max', '5')]])).toThrow(
      /--set monitor\.nr_regoins\.max: unknown key `nr_regoins`[\s\S]*nr_regions/,
    );
  });
});

describe('a bundle with a trace', () => {
  let dir: string;
  const at = (...parts: string[]) => join(dir, ...parts);

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'damonlab-bundle-'));
    await writeTrace(at('a.dltrace'), 100);
    mkdirSync(at('elsewhere'));
    await writeTrace(at('elsewhere', 'a.dltrace'), 200);
    writeFileSync(at('s.yaml'), 'processes: [{ workload: { trace: a.dltrace } }]\n');
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each(['s.yaml', 'a.dltrace'])('%s resolves to the same as its file', (name) => {
    const bundle = JSON.parse(JSON.stringify(bundleScenario(at(name), [[]])));
    expect(resolveBundle(bundle, [])).toEqual(loadScenario(at(name)));
  });

  it('finds the trace where it was or where one says, and takes no other for it', () => {
    const bundle = bundleScenario(at('s.yaml'), [[]]);
    expect(findTraces(bundle, at('elsewhere'), 's')).toEqual(bundle);
    const moved = { ...bundle, traces: { 'a.dltrace': { ...bundle.traces['a.dltrace'], dir: at('gone') } } };
    expect(findTraces(moved, dir, 's')).toEqual(bundle);
    expect(() => findTraces(moved, at('elsewhere'), 's')).toThrow(
      /s: a\.dltrace: another trace of this name\n[\s\S]*id [0-9a-f]{32} in .*gone or /,
    );
    expect(() => findTraces(moved, at('gone'), 's')).toThrow(/s: a\.dltrace: a trace that is not on this machine/);
  });
});

async function writeTrace(file: string, accesses: number): Promise<void> {
  const builder = new TraceBuilder(file, { source: 'test', command: 'test', detail: 'full', tick: 'instruction', windowTicks: 0 });
  for (let i = 0; i < accesses; i++) builder.access(1, 0x7f00_0000_0000 + 4096 * (i % 7), 8, 0, i);
  await builder.finish();
}
