import { formatTable } from '@damonlab/report';
import { controlName } from '../controls.js';
import type { StudyResult } from '../results.js';
import { closingParagraph, controlsLine } from './conclude.js';
import { comparisonTables, figureTable, hasRows, type Table } from './tables.js';

const WIDTH = 120;

/** The headline tables, differences, controls and the closing paragraph. Lines that are no rows begin with `#`, as in reports. */
export function studyText(result: StudyResult): string {
  const parts = [
    heading(result),
    ...result.study.tables.headline
      .map((name) => figureTable(result, name))
      .filter(hasRows)
      .map(tableText),
    ...comparisonTables(result).map(tableText),
    controlsText(result),
    ...publishedText(result),
    wrap(closingParagraph(result), WIDTH),
  ];
  return `${parts.join('\n\n')}\n`;
}

export function heading({ study, quick, nrSeeds, nrRuns }: StudyResult): string {
  return [
    `# study ${study.name}${quick ? ' (quick)' : ''}: ${study.question}`,
    `# ${nrRuns} runs; means over ${nrSeeds} seeds with 95 % confidence intervals`,
  ].join('\n');
}

function tableText({ title, header, rows }: Table): string {
  return `# ${title}\n${formatTable([[`# ${header[0]}`, ...header.slice(1)], ...rows])}`;
}

function controlsText(result: StudyResult): string {
  const each = result.controls.map(({ control, passed, finding }) => `# ${passed ? 'ok' : 'FAILED'}: ${controlName(control)}: ${finding}`);
  return [...each, controlsLine(result)].join('\n');
}

function publishedText({ published }: StudyResult): string[] {
  if (published.length === 0) return [];
  const each = published.map(({ published: { claim, source }, verdict, finding }) => `# ${verdict}: ${claim} (${source}): ${finding}`);
  return [['# against published figures', ...each].join('\n')];
}

/** Words in lines of at most `width` columns. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}
