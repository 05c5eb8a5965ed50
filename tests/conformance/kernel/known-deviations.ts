import { readFileSync } from 'node:fs';
import { type MeasuredGroup, pathOf } from './measured.js';

interface DeviationFile {
  /** Why, by name. */
  readonly reasons: Readonly<Record<string, string>>;
  /** Group (kernel/name) → name of the reason → figures. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const FILE = JSON.parse(readFileSync(pathOf('known-deviations.json'), 'utf8')) as DeviationFile;

export function groupName({ kernel, name }: MeasuredGroup): string {
  return `${kernel}/${name}`;
}

/** Figures of a group that are known to deviate, each with the name of the reason. */
export function knownDeviations(group: MeasuredGroup): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const [reason, figures] of Object.entries(FILE.groups[groupName(group)] ?? {})) {
    if (FILE.reasons[reason] === undefined) throw new Error(`known-deviations.json gives no text for reason ${reason}`);
    for (const figure of figures) known.set(figure, reason);
  }
  return known;
}

/** Groups and figures of the list that no measurement has: misspelt, or left over. */
export function strangeDeviations(groups: readonly MeasuredGroup[]): string[] {
  return Object.entries(FILE.groups).flatMap(([name, reasons]) => {
    const group = groups.find((one) => groupName(one) === name);
    const figures = Object.values(reasons).flat();
    return figures.filter((figure) => group?.figures[figure] === undefined).map((figure) => `${name} ${figure}`);
  });
}

export function reasonText(reason: string): string {
  return FILE.reasons[reason] ?? reason;
}
