/** The rules of the house as functions: text in, offences out (`path:line: what`), so that each rule can be tested itself. */
import type { ProjectFile } from './files.js';

/** Offences by a pattern, line by line. `code`: leave comments out. */
export function banned(file: ProjectFile, pattern: RegExp, what: string, { code = false } = {}): string[] {
  const lines = (code ? withoutComments(file.text) : file.text).split('\n');
  return lines.flatMap((line, i) => (pattern.test(line) ? [`${file.path}:${i + 1}: ${what}: ${line.trim().slice(0, 100)}`] : []));
}

/** Comments become empty, line numbers stay. A `//` inside a string is taken for a comment unless it follows a colon. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, '')).replace(/(^|[^:])\/\/.*$/gm, '$1');
}

export function tooLong(file: ProjectFile, maxLines: number): string[] {
  const lines = file.text.trimEnd().split('\n').length;
  return lines > maxLines ? [`${file.path}: ${lines} lines, at most ${maxLines}`] : [];
}

export function tooWide(file: ProjectFile, maxColumns: number): string[] {
  return file.text.split('\n').flatMap((line, i) => {
    const columns = [...line].length;
    return columns > maxColumns ? [`${file.path}:${i + 1}: ${columns} columns, at most ${maxColumns}`] : [];
  });
}

const OPENS_FUNCTION = [
  /\bfunction\b.*\{$/,
  /=>\s*\{$/,
  // The end of a parameter list that takes several lines.
  /^\s*\).*\{$/,
  // A method.
  /^\s+(?:(?:public|private|protected|static|override|async|get|set)\s+)*[\w$#*]+\(.*\{$/,
  // A C function.
  /^[\w*][\w\s*]*\(.*\)\s*\{?$/,
];

/**
 * Functions over `maxLines`: a heuristic on formatted code, where a body ends at the first closing brace at the indent of
 * its start.
 */
export function longFunctions(file: ProjectFile, maxLines: number): string[] {
  const lines = file.text.split('\n');
  return lines.flatMap((line, start) => {
    if (!OPENS_FUNCTION.some((opens) => opens.test(line))) return [];
    const indent = line.length - line.trimStart().length;
    const closing = `${' '.repeat(indent)}}`;
    const end = lines.findIndex((candidate, i) => i > start && candidate.startsWith(closing));
    const length = end - start + 1;
    return end !== -1 && length > maxLines ? [`${file.path}:${start + 1}: a function of ${length} lines, at most ${maxLines}`] : [];
  });
}

/** A test that is left out must say what it misses: a quoted reason with one of these words, on that line or the next two. */
const REASON = /['"`][^'"`]*\b(?:because|needs|unless|without|no|not)\b[^'"`]*['"`]/;

export function skipsWithoutReason(file: ProjectFile): string[] {
  const lines = file.text.split('\n');
  return lines.flatMap((line, i) => {
    if (!/\.(?:skip|skipIf|runIf)\(/.test(line) || REASON.test(lines.slice(i, i + 3).join('\n'))) return [];
    return [`${file.path}:${i + 1}: skip without a reason in words ("needs …", "no …"): ${line.trim()}`];
  });
}

type Dependencies = Readonly<Record<string, string>>;
interface Manifest {
  readonly dependencies?: Dependencies;
  readonly devDependencies?: Dependencies;
  readonly optionalDependencies?: Dependencies;
  readonly peerDependencies?: Dependencies;
}

export function inexactVersions(file: ProjectFile): string[] {
  const m: Manifest = JSON.parse(file.text);
  const all = { ...m.dependencies, ...m.devDependencies, ...m.optionalDependencies, ...m.peerDependencies };
  return Object.entries(all).flatMap(([name, version]) =>
    /^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version) ? [] : [`${file.path}: ${name} "${version}": an exact version is needed`],
  );
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly optionalDependencies?: Dependencies }>>;
}

/**
 * Optional packages that the lockfile names without an entry of their own: `npm ci` fails on the platform that wants one.
 * An entry may lie beside its parent, nested in it, or anywhere on the way up, as Node looks modules up.
 */
export function lockfileGaps(text: string): string[] {
  const { packages }: Lockfile = JSON.parse(text);
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).flatMap((name) =>
      lookupPaths(path, name).some((candidate) => candidate in packages)
        ? []
        : [`package-lock.json: ${path} names ${name}, which has no entry`],
    ),
  );
}

function lookupPaths(from: string, name: string): string[] {
  const paths = [`${from === '' ? '' : `${from}/`}node_modules/${name}`];
  for (let end = from.lastIndexOf('node_modules/'); end !== -1; end = end === 0 ? -1 : from.lastIndexOf('node_modules/', end - 1)) {
    paths.push(`${from.slice(0, end)}node_modules/${name}`);
  }
  return [...paths, `node_modules/${name}`];
}

/** Entries that name the host they came from: the lockfile must work with any registry. */
export function lockfileHosts(text: string): string[] {
  const { packages }: Lockfile = JSON.parse(text);
  return Object.entries(packages).flatMap(([path, { resolved }]) =>
    resolved?.includes('://') ? [`package-lock.json: ${path} is tied to ${resolved}`] : [],
  );
}
