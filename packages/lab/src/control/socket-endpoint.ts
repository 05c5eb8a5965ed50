import type { Socket } from 'node:net';
import type { Endpoint } from 'comlink';

type Listener = Parameters<Endpoint['addEventListener']>[1];

/**
 * A stream socket as the endpoint that Comlink expects: one JSON text per line. So only plain data can cross, which is all that
 * control needs.
 */
export function socketEndpoint(socket: Socket): Endpoint {
  const listeners = new Set<Listener>();
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) for (const listener of listeners) deliver(listener, line);
  });
  return {
    postMessage: (message) => {
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
    },
    addEventListener: (_type, listener) => {
      listeners.add(listener);
    },
    removeEventListener: (_type, listener) => {
      listeners.delete(listener);
    },
  };
}

/** What is no message is no message: a stranger on the socket must not end the run. */
function deliver(listener: Listener, line: string): void {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    return;
  }
  const event = new MessageEvent('message', { data });
  if (typeof listener === 'function') listener(event);
  else listener.handleEvent(event);
}
