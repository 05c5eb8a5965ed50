/** Entry of a piscina worker. */
export { runPoint as default } from './point-task.js';
