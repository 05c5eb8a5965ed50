export { renderStudy, STUDY_FORMATS, type StudyFormat, studyFiles } from './faces/index.js';
export type { StudyResult } from './results.js';
export { runStudy, type StudyOptions, type StudyOutcome, type StudyProgress } from './run-study.js';
export { STUDIES, studyNamed } from './studies/index.js';
export type { Axis, Comparison, Conclusion, Control, Figure, Figures, Level, Plot, Point, Settings, Study } from './study.js';
