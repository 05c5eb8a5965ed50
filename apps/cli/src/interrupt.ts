import { Exit } from './exit.js';

/** While `work` runs, the first Ctrl-C aborts its signal so that it ends cleanly, and the second one ends the process at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(Exit.interrupted);
    controller.abort();
    // A terminal shows ^C behind the progress.
    const start = process.stderr.isTTY ? '\n' : '';
    process.stderr.write(`${start}damonlab: stopping; what was recorded is kept (Ctrl-C again: at once)\n`);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
