import { inspect } from 'node:util';
import { UserError } from '@damonlab/base';
import type { z } from 'zod';
import { closest } from './closest.js';
import { NOT_MODELLED } from './not-modelled.js';
import type { Path } from './overrides.js';
import type { ScenarioSource } from './source.js';
import type { Misfit } from './units.js';

type Issue = z.core.$ZodIssue;

/** What a file is meant to be, for the message when it is something else altogether. */
export interface FileKind {
  readonly what: string;
  readonly hint: string;
}

const SCENARIO: FileKind = { what: 'a scenario', hint: 'a scenario has at least `processes`; see `damonlab scenarios`' };

/** The first thing that is wrong with a file, as one message with its place. */
export function explain(error: z.ZodError, source: ScenarioSource, kind: FileKind = SCENARIO): UserError {
  const issue = deepest(foremost(error.issues));
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (issue.code === 'unrecognized_keys') return unknownKey([...path, issue.keys[0] as string], issue.message, source);
  const value = source.at(path);
  const { expected, hint } = describe(issue);
  const where = source.place(path);
  if (path.length === 0) {
    const shape = { where, expected, actual: value === null ? 'nothing' : show(value) };
    return new UserError(`not ${kind.what}`, { ...shape, hint: kind.hint });
  }
  if (value === undefined) return new UserError(`missing key \`${String(path.at(-1))}\``, { where, expected });
  const errno = issue.code === 'invalid_value' && isKeyword(path) ? { errno: 'EINVAL' } : {};
  return new UserError('impossible value', { where, expected, actual: show(value), ...errno, ...(hint === undefined ? {} : { hint }) });
}

/** Keys of a monitor that the kernel has files for which take one of several words. */
const KEYWORD_FILES: readonly unknown[] = ['ops', 'action', 'metric', 'goal_tuner', 'filter_type'];

/** Whether the kernel's file answers -EINVAL to a word that it does not know. @kernel mm/damon/sysfs.c, sysfs-schemes.c *_store (7.3) */
function isKeyword(path: Path): boolean {
  return path[0] === 'monitor' && KEYWORD_FILES.includes(path.at(-1));
}

function unknownKey(path: Path, known: string, source: ScenarioSource): UserError {
  const key = String(path.at(-1));
  const where = source.place(path);
  const unmodelled = NOT_MODELLED.get(key);
  if (unmodelled !== undefined) return new UserError(`not modelled: \`${key}\` (${unmodelled})`, { where });
  const near = closest(key, known.split(', '));
  const hint = near === undefined ? {} : { hint: `did you mean \`${near}\`?` };
  return new UserError(`unknown key \`${inline(key)}\``, { where, expected: `one of ${known}`, ...hint });
}

/** Of an alternative, the branch that the user most likely meant: the one with the least wrong about it. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const branches = issue.errors.filter((branch) => branch.length > 0).map((branch) => branch.map((inner) => deepest(inner)));
  const best = branches.reduce((least, branch) => (misfit(branch) < misfit(least) ? branch : least));
  const first = foremost(best);
  // No branch takes a value of this type: what fits is a matter of the alternative, not of one of its branches.
  if (first.path.length === 0 && first.code === 'invalid_type') return issue;
  return { ...first, path: [...issue.path, ...first.path] };
}

/** A key that is unknown explains a key that is missing, not the other way round. */
function foremost(issues: readonly Issue[]): Issue {
  return issues.find((issue) => issue.code === 'unrecognized_keys') ?? issues[0];
}

function misfit(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => sum + weight(issue), 0);
}

function weight(issue: Issue): number {
  if (issue.code === 'unrecognized_keys') return issue.keys.length;
  if (issue.code === 'invalid_type') return issue.path.length === 0 ? 100 : issue.input === undefined ? 10 : 1;
  if (issue.code === 'invalid_value') return issue.path.length === 0 && typeof issue.input === 'object' ? 100 : 1;
  return issue.code === 'invalid_union' ? 10 : 1;
}

function describe(issue: Issue): Misfit {
  switch (issue.code) {
    case 'custom':
      return issue.params as Misfit & Record<string, unknown>;
    case 'invalid_type':
      return { expected: typeName(issue.expected) };
    case 'invalid_value':
      return { expected: issue.values.map(String).join(' or '), ...nearest(issue.input, issue.values.map(String)) };
    case 'invalid_format':
      return { expected: issue.message };
    case 'too_small':
      return { expected: `${Number(issue.minimum)} or more${ofWhat(issue.origin)}` };
    case 'too_big':
      return { expected: `${Number(issue.maximum)} or less${ofWhat(issue.origin)}` };
    case 'invalid_union':
      return { expected: unionOf(issue) };
    default:
      return { expected: issue.message };
  }
}

function nearest(input: unknown, values: readonly string[]): { hint?: string } {
  const near = typeof input === 'string' ? closest(input, values) : undefined;
  return near === undefined ? {} : { hint: `did you mean \`${near}\`?` };
}

function ofWhat(origin: string): string {
  if (origin === 'array') return ' entries';
  return origin === 'string' ? ' characters' : '';
}

function unionOf(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  if (issue.errors.length === 0) return `a known \`${issue.discriminator ?? 'kind'}\`: zipf, hot_cold, pointer_chase or sparse`;
  return [...new Set(issue.errors.map((branch) => describe(branch[0] as Issue).expected))].join(' or ');
}

const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['object', 'a map of keys'],
  ['array', 'a list'],
  ['boolean', 'true or false'],
]);

function typeName(type: string): string {
  return TYPE_NAMES.get(type) ?? `a ${type}`;
}

/** A value as one short line. */
export function show(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 8 });
  return inline(text);
}

function inline(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
