import type { MessagePort, Worker } from 'node:worker_threads';
import type { Endpoint } from 'comlink';

type Listener = Parameters<Endpoint['addEventListener']>[1];

/**
 * A Node message port or worker as the browser-style endpoint that Comlink expects. Comlink ships an adapter without usable
 * types for this module resolution; these few lines are smaller than the declarations would be.
 */
export function nodeEndpoint(port: MessagePort | Worker): Endpoint {
  const wrapped = new WeakMap<object, (data: unknown) => void>();
  return {
    postMessage: (message, transfer) => {
      port.postMessage(message, (transfer ?? []) as readonly MessagePort[]);
    },
    addEventListener: (_type, listener) => {
      const forward = (data: unknown) => deliver(listener, data);
      wrapped.set(listener, forward);
      port.on('message', forward);
    },
    removeEventListener: (_type, listener) => {
      const forward = wrapped.get(listener);
      if (forward !== undefined) port.off('message', forward);
    },
    start: () => {
      if ('start' in port) port.start();
    },
  };
}

function deliver(listener: Listener, data: unknown): void {
  const event = new MessageEvent('message', { data });
  if (typeof listener === 'function') listener(event);
  else listener.handleEvent(event);
}
