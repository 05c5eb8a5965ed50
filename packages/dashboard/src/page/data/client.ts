import type { ApiProblem } from '../../api.js';

/** An answer of the server that is none, in words for people. */
export class ServerError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const UNAUTHORISED = 401;

export function apiPath(...parts: readonly string[]): string {
  return `/api/${parts.map(encodeURIComponent).join('/')}`;
}

/** @throws ServerError */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await get(path, signal)).json() as Promise<T>;
}

/** @throws ServerError */
export async function getBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  return new Uint8Array(await (await get(path, signal)).arrayBuffer());
}

/** @throws ServerError */
export async function postJson(path: string, body: object): Promise<void> {
  await checked(fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }));
}

function get(path: string, signal?: AbortSignal): Promise<Response> {
  return checked(fetch(path, signal === undefined ? {} : { signal }));
}

async function checked(request: Promise<Response>): Promise<Response> {
  let response: Response;
  try {
    response = await request;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ServerError(0, 'The server does not answer. Is damonlab serve still running?');
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<ApiProblem>;
  throw new ServerError(response.status, problem.problem ?? `The server answers with status ${response.status}.`);
}

/** Whether the server wants the token that it printed at its start. */
export function wantsToken(error: unknown): boolean {
  return error instanceof ServerError && error.status === UNAUTHORISED;
}

/** Show the server its token; from then on the browser may do what is behind it. @throws ServerError: it is another one */
export function sendToken(token: string): Promise<void> {
  return postJson('/api/session', { token });
}
