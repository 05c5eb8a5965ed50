/** Names of keys. All stand under one prefix and, but for the version itself, under the version of the layout. */

/** Version of the layout: of keys and of what stands in them. */
export const LAYOUT = '1';
export const PREFIX = 'damonlab';
export const LAYOUT_KEY = `${PREFIX}:layout`;

/** Outcomes lie in hashes of so many points: ioredis-mock copies a hash at each write, and Redis reads small ones fast. */
export const BUCKET = 32;

const key = (...parts: readonly (string | number)[]) => [PREFIX, LAYOUT, ...parts].join(':');

export const keys = {
  /** Set of the names of all sweeps. */
  sweeps: key('sweeps'),
  /** Hash: record of a sweep without its state, and the state. */
  sweep: (name: string) => key('sweep', name),
  owner: (name: string) => key('sweep', name, 'owner'),
  /** Hash of the done points of a bucket: index to outcome. */
  done: (id: string, bucket: number) => key('points', id, 'done', bucket),
  /** The same of parked ones. */
  failed: (id: string, bucket: number) => key('points', id, 'failed', bucket),
  workers: (id: string) => key('points', id, 'workers'),
  result: (resultKey: string) => key('result', resultKey),
  /** Channel of events. */
  events: key('events'),
  /** Prefix of BullMQ's keys. */
  queues: key('queue'),
} as const;

export function bucketOf(index: number): number {
  return Math.floor(index / BUCKET);
}

/** Buckets that hold the points [from, to). */
export function bucketsOf(from: number, to: number): number[] {
  const first = bucketOf(from);
  return Array.from({ length: Math.max(0, Math.ceil(to / BUCKET) - first) }, (_, i) => first + i);
}
