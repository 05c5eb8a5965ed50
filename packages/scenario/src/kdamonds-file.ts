import { UserError } from '@damonlab/base';
import { parseDocument } from 'yaml';
import { readText } from './files.js';
import type { Override } from './overrides.js';
import { KDAMONDS_PRESETS, type KdamondsPreset } from './presets/kdamonds.js';

/**
 * damo's own kdamonds config (`damo args damon --format json`) as what to monitor in a scenario: the same words, without what
 * damo says of a kdamond that runs, and without what says "nothing".
 */

type Tree = Readonly<Record<string, unknown>>;

/**
 * The override that puts kdamonds in place of a scenario's monitor: those of a file (JSON or YAML), or of a preset by its name.
 * @throws UserError for files that are none, and for what is not modelled.
 */
export function kdamondsOverride(nameOrFile: string): Override {
  const flag = `--kdamonds ${nameOrFile}`;
  const preset = KDAMONDS_PRESETS.get(nameOrFile);
  const text = preset === undefined ? readText(nameOrFile, flag) : presetText(preset);
  const monitors = importKdamonds(text, flag);
  return { flag, key: 'monitor', value: JSON.stringify(monitors.length === 1 ? monitors[0] : monitors) };
}

function presetText({ contexts }: KdamondsPreset): string {
  return JSON.stringify({ kdamonds: contexts.map((context) => ({ contexts: [context] })) });
}

/** damo tells on stdout what it made of --numa_node, before the config. */
const DAMO_CHATTER = /^numa_node \[.*\n/;

/**
 * The same from `text`, as trees of keys, one for each kdamond; `where` names it in errors. Pids are those of another machine: in the order
 * in which they appear, they are the scenario's processes.
 */
export function importKdamonds(text: string, where: string): Tree[] {
  const document = parseDocument(text.replace(DAMO_CHATTER, ''), { logLevel: 'silent' });
  const top = document.errors.length > 0 ? undefined : withoutNothing(document.toJS({ maxAliasCount: 10 }));
  const pids = new Pids();
  return listIn(top, 'kdamonds', where, '').map((kdamond, i) => {
    const path = `kdamonds[${i}]`;
    // What runs with statistics that are refreshed, here records all of them in any case.
    const { contexts: _, refresh_ms: _refresh, state: _state, pid: _pid, ...unknown } = kdamond;
    for (const key of Object.keys(unknown)) refuse(true, `\`${key}\` of a kdamond`, where, `${path}.${key}`);
    return monitorOf(onlyContext(kdamond, where, path), pids, where, `${path}.contexts[0]`);
  });
}

/** Numbers pids by their first appearance. */
class Pids {
  readonly #numbers = new Map<unknown, number>();

  /** No pid, or damo's -1 and 0 for none: nobody seen before. */
  numberOf(pid: unknown): number {
    const key = pid === undefined || Number(pid) <= 0 ? {} : String(pid);
    const number = this.#numbers.get(key) ?? this.#numbers.size;
    this.#numbers.set(key, number);
    return number;
  }
}

function listIn(parent: unknown, key: string, where: string, path: string): readonly Tree[] {
  const list = isMap(parent) ? parent[key] : undefined;
  if (Array.isArray(list) && list.every(isMap) && list.length > 0) return list;
  throw new UserError('not a kdamonds config of damo', {
    where: `${where}: ${path}${key}`,
    expected: '{"kdamonds": [{"contexts": [{...}]}]}, as `damo args damon --format json` prints it',
  });
}

/** @kernel mm/damon/sysfs.c nr_contexts_store (7.3, 6.12): more than one context is -EINVAL */
function onlyContext(kdamond: Tree, where: string, path: string): Tree {
  const contexts = listIn(kdamond, 'contexts', where, `${path}.`);
  if (contexts.length === 1) return contexts[0];
  throw new UserError('several contexts in one kdamond', {
    where: `${where}: ${path}.contexts`,
    expected: 'one: the kernel runs each context in a kdamond of its own',
    actual: String(contexts.length),
    errno: 'EINVAL',
    hint: 'make each of them a kdamond (damo: --nr_ctxs 1 1)',
  });
}

function monitorOf(context: Tree, pids: Pids, where: string, path: string): Tree {
  const { addr_unit, pause, probes, sample_control, targets, intervals, ...rest } = context;
  const unit = String(addr_unit ?? 1).replace(/\s*B$/, '');
  refuse(unit !== '1', 'address units other than 1', where, `${path}.addr_unit`);
  refuse(Array.isArray(probes) && probes.length > 0, 'data attributes monitoring', where, `${path}.probes`);
  const ofProcess = rest.ops === 'paddr' ? undefined : pids;
  return {
    ...rest,
    ...(pause === true && { pause }),
    ...(Array.isArray(targets) && { targets: targets.map((target, i) => targetOf(target, ofProcess, where, `${path}.targets[${i}]`)) }),
    ...(isMap(intervals) && { intervals: intervalsOf(intervals) }),
    ...(isMap(sample_control) && { sample_control: sampleControlOf(sample_control, where, `${path}.sample_control`) }),
    ...(Array.isArray(rest.schemes) && { schemes: rest.schemes.map(schemeOf) }),
  };
}

/** @kernel mm/damon/core.c damon_commit_targets (7.3): an obsolete target that is not there yet is -EINVAL */
function targetOf(target: unknown, pids: Pids | undefined, where: string, path: string): unknown {
  if (!isMap(target)) return target;
  const { pid, obsolete, ...rest } = target;
  if (obsolete === true) {
    throw new UserError('an obsolete target', {
      where: `${where}: ${path}.obsolete`,
      expected: 'false: nothing is watched yet that could be given up',
      errno: 'EINVAL',
    });
  }
  return pids === undefined ? rest : { process: pids.numberOf(pid), ...rest };
}

/** Without a goal that tunes nothing. */
function intervalsOf(intervals: Tree): Tree {
  const { intervals_goal: goal, ...rest } = intervals;
  return isMap(goal) && Number(goal.aggrs) !== 0 ? intervals : rest;
}

function sampleControlOf(control: Tree, where: string, path: string): Tree {
  const { primitives_enabled: enabled, ...rest } = control;
  if (!isMap(enabled)) return control;
  const on = Object.keys(enabled).filter((name) => enabled[name] === true);
  refuse(on.length !== 1, `${on.length === 0 ? 'no' : 'several'} primitives`, where, `${path}.primitives_enabled`);
  return { primitive: on[0], ...rest };
}

/** Without what damo read from the kernel. */
function schemeOf(scheme: unknown): unknown {
  if (!isMap(scheme)) return scheme;
  const { stats: _stats, tried_regions: _regions, tried_bytes: _bytes, ...config } = scheme;
  if (!isMap(config.quotas)) return config;
  const { effective_sz_bytes: _effective, ...quotas } = config.quotas;
  return { ...config, quotas };
}

function refuse(condition: boolean, what: string, where: string, path: string): void {
  if (condition) throw new UserError(`not modelled: ${what}`, { where: `${where}: ${path}` });
}

/** damo writes null where there is nothing. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNothing(inner)]));
}

function isMap(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
