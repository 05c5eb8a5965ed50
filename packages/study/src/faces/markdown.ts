import { controlName } from '../controls.js';
import type { StudyResult } from '../results.js';
import { closingParagraph, controlsLine } from './conclude.js';
import { comparisonTables, figureTable, hasRows, type Table } from './tables.js';

/** All tables, for a mail or an issue. */
export function studyMarkdown(result: StudyResult): string {
  const { study, quick, nrRuns, nrSeeds, figures } = result;
  const parts = [
    `## ${study.name}${quick ? ' (quick)' : ''}: ${study.question}`,
    closingParagraph(result),
    `${nrRuns} runs; means over ${nrSeeds} seeds with 95 % confidence intervals; ${controlsLine(result)}.`,
    ...figures
      .map(({ name }) => figureTable(result, name))
      .filter(hasRows)
      .map(tableMarkdown),
    ...comparisonTables(result).map(tableMarkdown),
    '### controls',
    result.controls.map(({ control, passed, finding }) => `- ${passed ? 'ok' : 'FAILED'}: ${controlName(control)}: ${finding}`).join('\n'),
    ...publishedMarkdown(result),
  ];
  return `${parts.join('\n\n')}\n`;
}

function publishedMarkdown({ published }: StudyResult): string[] {
  if (published.length === 0) return [];
  const each = published.map(({ published: { claim, source }, verdict, finding }) => `- ${verdict}: ${claim} (${source}): ${finding}`);
  return ['### against published figures', each.join('\n')];
}

function tableMarkdown({ title, header, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [`### ${title}`, '', line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
