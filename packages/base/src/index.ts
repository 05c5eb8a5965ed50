export { assert } from './assert.js';
export { RunError, UserError, type UserErrorDetails } from './errors.js';
export { Prng } from './prng.js';
export * from './units.js';
