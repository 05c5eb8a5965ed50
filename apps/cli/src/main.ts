import { reportError } from './exit.js';
import { main } from './program.js';

// What fails outside of any command (a stream, a worker) is told like everything else, without a stack.
process.on('uncaughtException', (error) => process.exit(reportError(error)));
process.exitCode = await main(process.argv.slice(2));
