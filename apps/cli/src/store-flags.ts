import { Option } from '@commander-js/extra-typings';
import { type Backend, openEmbedded, openRedis, passwordFromFile } from '@damonlab/store';

/** Where sweeps are kept unless flags say otherwise. */
export const SWEEPS_DIR = 'sweeps';

export interface StoreOptions {
  readonly redis?: string | undefined;
  readonly out: string;
}

/** An URL with a password is better in the environment: everybody can see the arguments of a process. */
export const redisOption = () =>
  new Option('--redis <url>', 'keep the sweep on this Redis, where workers of other machines can join: redis://:PASSWORD@HOST').env(
    'DAMONLAB_REDIS',
  );

export const outOption = () => new Option('--out <dir>', 'directory that sweeps are kept in without Redis').default(SWEEPS_DIR);

/** Open the store that flags name, use it, and close it. What was damaged in it is told. */
export async function withStore<T>({ redis, out }: StoreOptions, use: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = redis === undefined ? await openEmbedded(out) : await openRedis(redis, passwordFromFile());
  try {
    return await use(backend);
  } finally {
    const damaged = backend.damaged();
    if (damaged > 0) {
      process.stderr.write(
        `damonlab: ${damaged} damaged ${damaged === 1 ? 'entry' : 'entries'} in ${backend.where}: not used, and made again where needed\n`,
      );
    }
    await backend.close();
  }
}
