import { formatPath, UserError } from '@damonlab/base';
import { type Document, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { type Applied, applyOverrides, type Override, type Path } from './overrides.js';

/** The keys of a scenario, or of another YAML file, as the user gave them, and where each of them stands. */
export class ScenarioSource {
  readonly file: string;
  /** Plain values; not yet checked. */
  readonly tree: unknown;
  readonly #applied: readonly Applied[];
  readonly #document: Document.Parsed | null;
  readonly #lines: LineCounter;

  private constructor(file: string, tree: unknown, overrides: readonly Override[], document: Document.Parsed | null, lines: LineCounter) {
    this.file = file;
    const result = applyOverrides(tree, overrides);
    this.tree = result.tree;
    this.#applied = result.applied;
    this.#document = document;
    this.#lines = lines;
  }

  /** @throws UserError with line and column if `text` is not YAML. */
  static fromYaml(text: string, file: string, overrides: readonly Override[]): ScenarioSource {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false });
    const problem = document.errors[0];
    if (problem !== undefined) {
      const { line, col } = lines.linePos(problem.pos[0]);
      throw new UserError(`not YAML: ${problem.message}`, { where: `${file}:${line}:${col}` });
    }
    return new ScenarioSource(file, toPlain(document, file), overrides, document, lines);
  }

  /** The scenario that a lone masim config or trace stands for: one process that runs it. */
  static ofWorkload(name: string, workload: object, file: string, overrides: readonly Override[]): ScenarioSource {
    const tree = { processes: [{ name, workload }] };
    return new ScenarioSource(file, tree, overrides, null, new LineCounter());
  }

  /** The value at `path`, undefined if there is none. */
  at(path: Path): unknown {
    let value: unknown = this.tree;
    for (const key of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Readonly<Record<string | number, unknown>>)[key];
    }
    return value;
  }

  /** Where the first of `paths` that the user wrote stands: a flag, or file, line, column and key. */
  place(...paths: [Path, ...Path[]]): string {
    const path = paths.find((candidate) => this.at(candidate) !== undefined) ?? paths[0];
    const position = this.#position(path);
    const applied = this.#override(path, position?.exact ?? false);
    if (applied !== undefined) return path.length > applied.path.length ? `${applied.flag}: ${formatPath(path)}` : applied.flag;
    const key = formatPath(path);
    return [position === null ? this.file : `${this.file}:${position.line}:${position.col}`, ...(key === '' ? [] : [key])].join(': ');
  }

  /** The last override that set the value at `path`, or, if the file has no such key, made it by setting a key below. */
  #override(path: Path, inFile: boolean): Applied | undefined {
    const startsWith = (long: Path, short: Path) => short.length <= long.length && short.every((key, i) => key === long[i]);
    const below = path.length > 0 && !inFile;
    return this.#applied.findLast((a) => startsWith(path, a.path) || (below && startsWith(a.path, path)));
  }

  /** Line and column of `path` in the file, or of the deepest key of it that is there. */
  #position(path: Path): { line: number; col: number; exact: boolean } | null {
    let node: ParsedNode | null = this.#document?.contents ?? null;
    if (node === null) return null;
    let offset = node.range[0];
    let depth = 0;
    for (; depth < path.length && node !== null; depth++) {
      const child = childOf(node, path[depth]);
      if (child === null) break;
      offset = child.offset;
      node = child.node;
    }
    return { ...this.#lines.linePos(offset), exact: depth === path.length };
  }
}

/** The entry `key` of a YAML node and where it starts: at its key in a map, at itself in a list. */
function childOf(node: ParsedNode, key: string | number): { node: ParsedNode | null; offset: number } | null {
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
    return pair === undefined ? null : { node: pair.value, offset: pair.key.range[0] };
  }
  const entry = isSeq<ParsedNode>(node) && typeof key === 'number' ? node.items[key] : undefined;
  return entry === undefined ? null : { node: entry, offset: entry.range[0] };
}

function toPlain(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new UserError(`not usable YAML: ${error instanceof Error ? error.message : String(error)}`, { where: `${file}:1:1` });
  }
}
