import type { JobQueue } from './job-queue.js';
import { checkLayout, type Medium } from './medium.js';
import type { RunStore } from './run-store.js';

/** A store and the queues that go with it. */
export interface Backend {
  /** For messages; without secrets. */
  readonly where: string;
  /** Can workers of other machines join? */
  readonly shared: boolean;
  /** How many entries were met that were damaged, and are as good as not there. */
  damaged(): number;
  readonly store: RunStore;
  /** The queue of the points of a sweep. */
  queue<Data>(id: string): JobQueue<Data>;
  /** Close store and queues. */
  close(): Promise<void>;
}

export interface BackendParts {
  readonly store: RunStore;
  readonly shared: boolean;
  readonly damaged: () => number;
  readonly makeQueue: <Data>(id: string) => JobQueue<Data>;
}

/** A backend of its parts. @throws UserError if the medium has another layout */
export async function makeBackend(medium: Medium, { store, shared, damaged, makeQueue }: BackendParts): Promise<Backend> {
  const queues: JobQueue<never>[] = [];
  const close = async () => {
    await Promise.all(queues.map((queue) => queue.close()));
    await medium.close();
  };
  try {
    await checkLayout(medium);
  } catch (error) {
    await close();
    throw error;
  }
  const queue = <Data>(id: string): JobQueue<Data> => {
    const made = makeQueue<Data>(id);
    queues.push(made as JobQueue<never>);
    return made;
  };
  return { where: medium.where, shared, damaged, store, queue, close };
}
