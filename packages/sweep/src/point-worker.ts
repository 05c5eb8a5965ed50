/** Entry of a piscina worker. */
export { runPoint as default } from './point-task.js';

/** Nothing: whoever has an answer knows that a thread has loaded all that points need. */
export function warmUp(): void {}
