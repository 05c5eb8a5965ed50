import type { StudyResult } from '../results.js';
import { studyCsv, studyJson } from './data.js';
import { studyMarkdown } from './markdown.js';
import { plotSvg } from './plot.js';
import { studyText } from './text.js';

export const STUDY_FORMATS = ['text', 'json', 'csv', 'md'] as const;
export type StudyFormat = (typeof STUDY_FORMATS)[number];

/** What a study found, as text to print, with a line feed at its end. */
export function renderStudy(result: StudyResult, format: StudyFormat): string {
  switch (format) {
    case 'text':
      return studyText(result);
    case 'json':
      return `${JSON.stringify(studyJson(result), null, 2)}\n`;
    case 'csv':
      return studyCsv(result);
    case 'md':
      return studyMarkdown(result);
  }
}

/** The study's files by name: each format and each plot. */
export function studyFiles(result: StudyResult): ReadonlyMap<string, string> {
  const { study } = result;
  const extension = { text: 'txt', json: 'json', csv: 'csv', md: 'md' } as const;
  return new Map([
    ...STUDY_FORMATS.map((format) => [`${study.name}.${extension[format]}`, renderStudy(result, format)] as const),
    ...study.plots.map((plot) => [`${study.name}-${plot.name}.svg`, plotSvg(result, plot)] as const),
  ]);
}
