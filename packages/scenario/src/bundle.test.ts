import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bundleScenario, resolveBundle } from './bundle.js';
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
