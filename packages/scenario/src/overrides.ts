import { type KeyPath, UserError } from '@damonlab/base';
import { parseDocument } from 'yaml';

/** One key of a scenario set from outside the file. */
export interface Override {
  /** What the user typed, for error messages: `--set monitor.nr_regions.max=500`. */
  readonly flag: string;
  /** Dotted path of keys; a number is an index of a list, `*` every entry of it. */
  readonly key: string;
  /** The value as a scenario file would have it (YAML). */
  readonly value: string;
  /** Only where this key stands beside it: `masim`, for the options of masim workloads. */
  readonly beside?: string;
}

export type Path = KeyPath;

/** An override that took place. */
export interface Applied {
  readonly path: Path;
  readonly flag: string;
}

type Tree = Readonly<Record<string, unknown>>;

/**
 * Apply `overrides` in order to the tree of a scenario file, which is not changed.
 * @throws UserError naming the flag, if its value is not YAML or its key leads nowhere.
 */
export function applyOverrides(tree: unknown, overrides: readonly Override[]): { tree: unknown; applied: Applied[] } {
  const applied: Applied[] = [];
  let result = tree;
  for (const override of overrides) {
    const value = parseValue(override);
    const paths = expand(result, splitKey(override), override);
    if (paths.length === 0) {
      throw new UserError('nothing to apply this to', {
        where: override.flag,
        expected: `a workload with \`${override.beside ?? 'entries'}\` in the scenario`,
      });
    }
    for (const path of paths) {
      result = withValue(path.length > 1 ? spellOutMachine(result) : result, path, value, override);
      applied.push({ path, flag: override.flag });
    }
  }
  return { tree: result, applied };
}

/** `machine: oracle` is short for `machine: {preset: oracle}`; keys beside the preset need the long form. */
function spellOutMachine(tree: unknown): unknown {
  return isMap(tree) && typeof tree.machine === 'string' ? { ...tree, machine: { preset: tree.machine } } : tree;
}

function parseValue(override: Override): unknown {
  const document = parseDocument(override.value, { logLevel: 'silent' });
  const problem = document.errors[0];
  if (problem !== undefined) throw new UserError('not a value', { where: override.flag, expected: 'a YAML value', actual: override.value });
  return document.toJS({ maxAliasCount: 10 });
}

function splitKey(override: Override): string[] {
  const keys = override.key.split('.');
  if (keys.every((key) => /^([a-z][A-Za-z0-9_]*|[0-9]+|\*)$/.test(key))) return keys;
  throw new UserError('not a key', {
    where: override.flag,
    expected: 'keys with dots between them, like monitor.nr_regions.max',
    actual: override.key,
  });
}

/** The concrete paths that `keys` stand for in `tree`. */
function expand(tree: unknown, keys: readonly string[], override: Override): Path[] {
  const [key, ...rest] = keys as [string, ...string[]];
  if (Array.isArray(tree)) {
    const indexes = key === '*' ? tree.map((_, i) => i) : [Number(key)];
    const bad = indexes.find((i) => !(i in tree));
    if (bad !== undefined) {
      throw new UserError('no such entry', { where: override.flag, expected: `an index from 0 to ${tree.length - 1}, or *`, actual: key });
    }
    return indexes.flatMap((i) => (rest.length === 0 ? [[i]] : expand(tree[i], rest, override).map((path) => [i, ...path])));
  }
  if (rest.length === 0) {
    const passed = override.beside !== undefined && !(isMap(tree) && Object.hasOwn(tree, override.beside));
    return passed ? [] : [[key]];
  }
  const child = isMap(tree) && Object.hasOwn(tree, key) ? tree[key] : undefined;
  return expand(child, rest, override).map((path) => [key, ...path]);
}

function withValue(tree: unknown, path: Path, value: unknown, override: Override): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(tree)) return tree.map((entry, i) => (i === key ? withValue(entry, rest, value, override) : entry));
  if (tree !== undefined && tree !== null && !isMap(tree)) {
    throw new UserError(`\`${String(tree)}\` has no keys to set`, {
      where: override.flag,
      hint: `set the key above it, or write it as a map in the scenario`,
    });
  }
  const map: Tree = tree ?? {};
  const child = Object.hasOwn(map, key) ? map[key] : undefined;
  return { ...map, [key]: withValue(child, rest, value, override) };
}

function isMap(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
