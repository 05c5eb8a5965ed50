import type { ScenarioSource } from '@damonlab/scenario';
import type { Setting } from './plan.js';

/** Settings of a map of keys that stands at `path` of a sweep file. */
export function settingsOf(map: Readonly<Record<string, unknown>>, path: readonly string[], source: ScenarioSource): Setting[] {
  return Object.entries(map).map(([key, value]) => ({ key, value, where: source.place([...path, key]) }));
}
