import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

/** Who may do what. Reading is free on this machine itself; from elsewhere it takes the token, and commands to a machine always do. */
export interface AccessOptions {
  /** Whether only programs on this machine can reach the server. */
  readonly loopback: boolean;
  /** Without it one of the server's own is made. */
  readonly token?: string;
}

const COOKIE = 'damonlab_token';
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/;

export class Access {
  readonly token: string;
  readonly #loopback: boolean;

  constructor({ loopback, token }: AccessOptions) {
    this.#loopback = loopback;
    this.token = token ?? randomBytes(18).toString('base64url');
  }

  /** Take a token that the user entered; from then on a cookie that no script can read stands for it. */
  admit(context: Context, token: unknown): boolean {
    if (typeof token !== 'string' || !this.#is(token)) return false;
    setCookie(context, COOKIE, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
    return true;
  }

  /**
   * Refuse requests that another site's page makes with this user's browser: under a name of its own that leads here (then the host is
   * wrong), or with an origin of its own.
   */
  readonly ownSite: MiddlewareHandler = async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (this.#loopback && !LOOPBACK.test(host)) return refuse(context, 403, `this server answers to localhost, not to ${host}`);
    const origin = context.req.header('origin');
    if (origin !== undefined && origin !== `http://${host}`) return refuse(context, 403, `this server does not answer pages of ${origin}`);
    return next();
  };

  /** Everything needs the token, if not only this machine can reach the server. */
  readonly reading: MiddlewareHandler = async (context, next) => (this.#loopback ? next() : this.commanding(context, next));

  /** The token, always. */
  readonly commanding: MiddlewareHandler = async (context, next) => {
    const bearer = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1];
    const token = bearer ?? getCookie(context, COOKIE);
    if (token !== undefined && this.#is(token)) return next();
    return refuse(context, 401, 'this needs the token that the server printed when it was started');
  };

  #is(token: string): boolean {
    return timingSafeEqual(digest(token), digest(this.token));
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export function refuse(context: Context, status: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500, problem: string): Response {
  return context.json({ problem }, status);
}
