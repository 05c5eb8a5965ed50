/** What of this package works in a browser. Bundlers for browsers see this instead of `index.ts`. */
export { assert } from './assert.js';
export { concatBytes } from './bytes.js';
export { RunError, UserError } from './errors.js';
export * from './units.js';
