import { useEffect, useState } from 'preact/hooks';
import { type OpenRun, openServedRun } from './open-run.js';

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'ready'; readonly value: T };

/** What `load` gives, again whenever `keys` change. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' });
  useEffect(() => {
    const controller = new AbortController();
    load(controller.signal).then(
      (value) => setLoaded({ state: 'ready', value }),
      (error) => {
        if (!controller.signal.aborted) setLoaded({ state: 'failed', error });
      },
    );
    return () => controller.abort();
  }, keys);
  return loaded;
}

/** A run of the server, followed while it grows. */
export function useServedRun(id: string): Loaded<OpenRun> {
  const [loaded, setLoaded] = useState<Loaded<OpenRun>>({ state: 'loading' });
  useEffect(() => {
    const controller = new AbortController();
    setLoaded({ state: 'loading' });
    openServedRun(id, (value) => setLoaded({ state: 'ready', value }), controller.signal).catch((error) => {
      if (!controller.signal.aborted) setLoaded({ state: 'failed', error });
    });
    return () => controller.abort();
  }, [id]);
  return loaded;
}
