export { type DamoSnapshot, importDamo } from './import/damo.js';
export type { InputProgress } from './import/input.js';
export { type ImportOptions, importText, TEXT_FORMATS, type TextFormat } from './import/text-import.js';
export type { Detail, MapEvent, TraceFooter, TraceHead, TraceThread, TraceVma } from './meta.js';
export { TraceBuilder } from './trace-builder.js';
export { isTrace, TraceFile } from './trace-file.js';
export { traceWorkload } from './trace-workload.js';
export { TraceWriter } from './trace-writer.js';
