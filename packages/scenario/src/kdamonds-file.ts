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
 * The override that puts a kdamond in place of a scenario's monitor: that of a file (JSON or YAML), or of a preset by its name. Targets are
 * the scenario's processes in their order, whatever their pids.
 * @throws UserError for files that are none, and for what is not modelled.
 */
export function kdamondsOverride(nameOrFile: string): Override {
  const flag = `--kdamonds ${nameOrFile}`;
  const preset = KDAMONDS_PRESETS.get(nameOrFile);
  const text = preset === undefined ? readText(nameOrFile, flag) : presetText(preset);
  return { flag, key: 'monitor', value: JSON.stringify(importKdamonds(text, flag)) };
}

function presetText({ contexts }: KdamondsPreset): string {
  return JSON.stringify({ kdamonds: contexts.map((context) => ({ contexts: [context] })) });
}

/** The same from `text`, as a tree of keys; `where` names it in errors. */
export function importKdamonds(text: string, where: string): Tree {
  const document = parseDocument(text, { logLevel: 'silent' });
  const top = document.errors.length > 0 ? undefined : withoutNothing(document.toJS({ maxAliasCount: 10 }));
  const kdamond = only(top, 'kdamonds', where, '');
  const path = 'kdamonds[0]';
  const context = only(kdamond, 'contexts', where, `${path}.`);
  refuse(Number(kdamond.refresh_ms ?? 0) !== 0, 'refresh_ms', where, `${path}.refresh_ms`);
  return monitorOf(context, where, `${path}.contexts[0]`);
}

/** The only entry of a list: a simulated machine has one kdamond with one context. */
function only(parent: unknown, key: string, where: string, path: string): Tree {
  const list = isMap(parent) ? parent[key] : undefined;
  if (!Array.isArray(list) || !list.every(isMap) || list.length === 0) {
    throw new UserError('not a kdamonds config of damo', {
      where: `${where}: ${path}${key}`,
      expected: '{"kdamonds": [{"contexts": [{...}]}]}, as `damo args damon --format json` prints it',
    });
  }
  if (list.length === 1) return list[0];
  throw new UserError(`not modelled: several ${key}`, { where: `${where}: ${path}${key}`, expected: 'one', actual: String(list.length) });
}

function monitorOf(context: Tree, where: string, path: string): Tree {
  const { addr_unit, pause, probes, sample_control, targets, intervals, ...rest } = context;
  const unit = String(addr_unit ?? 1).replace(/\s*B$/, '');
  refuse(unit !== '1', 'address units other than 1', where, `${path}.addr_unit`);
  refuse(pause === true, 'pausing a context', where, `${path}.pause`);
  refuse(Array.isArray(probes) && probes.length > 0, 'data attributes monitoring', where, `${path}.probes`);
  return {
    ...rest,
    ...(Array.isArray(targets) && { targets: targets.map((target, i) => targetOf(target, where, `${path}.targets[${i}]`)) }),
    ...(isMap(intervals) && { intervals: intervalsOf(intervals) }),
    ...(isMap(sample_control) && { sample_control: sampleControlOf(sample_control, where, `${path}.sample_control`) }),
    ...(Array.isArray(rest.schemes) && { schemes: rest.schemes.map(schemeOf) }),
  };
}

function targetOf(target: unknown, where: string, path: string): unknown {
  if (!isMap(target)) return target;
  const { pid: _, obsolete, ...rest } = target;
  refuse(obsolete === true, 'obsolete targets', where, `${path}.obsolete`);
  return rest;
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
