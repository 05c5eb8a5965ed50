/** What of this package works in a browser: a run from the bytes of a journal. Bundlers for browsers see this instead of `index.ts`. */
export { NO_TARGET } from './events.js';
export { EXPORTER } from './exporter.js';
export { JournalReader } from './journal-bytes.js';
export { noTables } from './row-tables.js';
export { nrKdamonds, seenBy } from './run.js';
