import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NO_INTERVALS_GOAL } from '@damonlab/damon';
import { checkSchemes, damosProfile } from '@damonlab/damos';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resolveSchemes } from '../resolve-schemes.js';
import { schemeSchema } from '../scheme-schema.js';
import { ScenarioSource } from '../source.js';
import { KDAMONDS_PRESETS, type PresetContext } from './kdamonds.js';

const attrs = {
  sampleUs: 5_000,
  aggrUs: 100_000,
  opsUpdateUs: 1e6,
  minNrRegions: 10,
  maxNrRegions: 1_000,
  intervalsGoal: NO_INTERVALS_GOAL,
};

function resolve(schemes: unknown, ops: PresetContext['ops']) {
  const source = ScenarioSource.fromYaml('{}', 'preset.yaml', []);
  const warnings: string[] = [];
  const facts = { profile: damosProfile('7.3'), ops: { name: ops }, metrics: { hasMemcg: () => true } };
  const resolved = resolveSchemes(z.array(schemeSchema).parse(schemes), {
    attrs,
    kernel: '7.3',
    ops,
    path: ['schemes'],
    place: (path) => source.place(path),
    warn: (message) => warnings.push(message),
    hasMemcg: () => true,
  });
  checkSchemes(resolved, facts);
  return { resolved, warnings };
}

/** The schemes of each context that damo prints, without what it writes for "nothing". */
function printedByDamo(file: string): unknown[] {
  const text = readFileSync(join(import.meta.dirname, '../testing/kdamonds', file), 'utf8');
  const { kdamonds } = JSON.parse(text, (key, value) => (value === null || key === 'effective_sz_bytes' ? undefined : value));
  return kdamonds.map(({ contexts }: { contexts: { schemes: unknown }[] }) => contexts[0].schemes);
}

describe('presets', () => {
  it.each([...KDAMONDS_PRESETS.values()])('$name is something that the kernel takes', ({ contexts }) => {
    for (const { ops, schemes } of contexts) expect(resolve(schemes, ops).warnings).toEqual([]);
  });

  it.each([
    ['mem_tier', 'mem-tier.json'],
    ['weighted_interleave', 'weighted-interleave.json'],
  ])('%s is what damo makes of its script', (name, file) => {
    const { contexts = [] } = KDAMONDS_PRESETS.get(name) ?? {};
    const own = contexts.map(({ schemes, ops }) => resolve(schemes, ops).resolved);
    expect(own).toEqual(printedByDamo(file).map((schemes) => resolve(schemes, contexts[0].ops).resolved));
  });

  it('cannot be changed', () => {
    const quotas = KDAMONDS_PRESETS.get('damon_reclaim')?.contexts[0].schemes[0].quotas as { sz_bytes: unknown };
    expect(() => {
      quotas.sz_bytes = 1;
    }).toThrow(TypeError);
  });
});
