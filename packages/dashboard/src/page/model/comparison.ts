import type { Run } from '@damonlab/record';
import { type CsvValue, flatten, formatFigure, intervalOf, summary } from '@damonlab/report';

const CONFIDENCE = 0.95;
/** Curves have many numbers, and stand in the heatmaps already. */
const LEFT_OUT = /\.(by_window|convergence)\.|^(seed|targets\.\d+\.target_id)$/;

/** Figures of the summaries, a row each. Runs that differ in nothing but their seed are one column: a mean with its confidence interval. */
export function figureTable(ids: readonly string[], runs: readonly Run[]) {
  const variants = new Map<string, number[]>();
  runs.forEach((run, i) => {
    const key = variantOf(run);
    variants.set(key, [...(variants.get(key) ?? []), i]);
  });
  const groups = [...variants.values()];
  const figures = runs.map(
    (run) => new Map(flatten(summary(run)).filter(([name, value]) => typeof value === 'number' && !LEFT_OUT.test(name))),
  );
  const names = [...new Set(figures.flatMap((all) => [...all.keys()]))];
  const cell = (group: readonly number[], name: string) => {
    const values = group.flatMap((i) => numberIn(figures[i].get(name)));
    const { mean, halfWidth } = intervalOf(values, CONFIDENCE);
    if (mean === null) return '–';
    return halfWidth === null ? formatFigure(mean) : `${formatFigure(mean)} ± ${Number(halfWidth.toPrecision(2))}`;
  };
  return {
    columns: groups.map((group) => ({ title: group.length === 1 ? ids[group[0]] : runs[group[0]].name, n: group.length })),
    rows: names.map((name) => ({ name, cells: groups.map((group) => cell(group, name)) })),
  };
}

function numberIn(value: CsvValue | undefined): number[] {
  return typeof value === 'number' ? [value] : [];
}

/** The scenario without its seed. */
function variantOf({ manifest, path }: Run): string {
  if (manifest === null) return path;
  return JSON.stringify(manifest.scenario, (key, value) => (key === 'seed' ? undefined : value));
}

/** Keys of the scenarios whose values are not the same in all runs. */
export function scenarioDiff(runs: readonly Run[]): { readonly key: string; readonly values: readonly string[] }[] {
  const flat = runs.map((run) => new Map(flatten(run.manifest?.scenario ?? {})));
  const keys = [...new Set(flat.flatMap((map) => [...map.keys()]))];
  return keys.flatMap((key) => {
    const values = flat.map((map) => (map.has(key) ? String(map.get(key)) : '–'));
    return new Set(values).size === 1 ? [] : [{ key, values }];
  });
}
