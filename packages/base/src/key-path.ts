/** Keys that lead to a value in nested data: names in a map, numbers in a list. */
export type KeyPath = readonly (string | number)[];

/** Where the first of the paths that is there stands, for people. */
export type PlaceOfKey = (...paths: [KeyPath, ...KeyPath[]]) => string;

/** `processes[0].workload.size`. */
export function formatPath(path: KeyPath): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${key}`)).join('');
}
