import { UserError } from '@damonlab/base';
import type { Run } from '@damonlab/record';
import { flatten, type ReportName, reports } from '@damonlab/report';
import { closest } from '@damonlab/scenario';
import type { Figures } from '@damonlab/store';

const SUMMARY = 'summary';

/**
 * A figure as the whole path to it: the report first, which is the summary if the user names none.
 * @throws UserError at `where` if it cannot be a path
 */
export function figurePath(path: string, where: string): string {
  if (!/^[\w]+(\.[\w]+)*$/.test(path)) {
    throw new UserError('not a figure', { where, expected: 'a path in the JSON of a report, like targets.0.touched.rec_1', actual: path });
  }
  return isReport(reportOf(path)) ? path : `${SUMMARY}.${path}`;
}

/** The figures of a run: all of its summary, and those of other reports that `paths` name; and which of `paths` it does not have. */
export function collectFigures(run: Run, paths: readonly string[]): { readonly figures: Figures; readonly missing: string[] } {
  const figures: Record<string, number | null> = {};
  for (const name of new Set([SUMMARY, ...paths.map(reportOf)])) {
    if (!isReport(name)) continue;
    for (const [path, value] of flatten(reportJson(name, run), name)) {
      if (typeof value === 'string' || (name !== SUMMARY && !paths.includes(path))) continue;
      figures[path] = value === null ? null : Number(value);
    }
  }
  return { figures, missing: paths.filter((path) => !Object.hasOwn(figures, path)) };
}

/** The error for a figure that runs do not have, with the one that may be meant. */
export function noSuchFigure(path: string, known: Figures, where: string): UserError {
  const report = reportOf(path);
  const others = Object.keys(known).filter((other) => reportOf(other) === report);
  const near = closest(path, others) ?? others.find((other) => other.endsWith(`.${path.split('.').at(-1)}`));
  const shown = `\`damonlab report ${report} --format json\` shows the figures of a run`;
  return new UserError('the runs have no such figure', {
    where,
    actual: path,
    hint: near === undefined ? shown : `did you mean \`${near}\`?`,
  });
}

function reportOf(path: string): string {
  return path.slice(0, path.indexOf('.') === -1 ? path.length : path.indexOf('.'));
}

function isReport(name: string): name is ReportName {
  return Object.hasOwn(reports, name);
}

function reportJson<Name extends ReportName>(name: Name, run: Run): object {
  const report = reports[name];
  // The report that computes data is the one that turns it into JSON.
  return (report.json as (data: unknown) => object)(report.compute(run));
}
