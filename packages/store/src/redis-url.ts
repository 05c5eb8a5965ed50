import { UserError } from '@damonlab/base';
import type { RedisOptions } from 'ioredis';

/** Where a Redis is, and how to show it: the password stands in `options` and nowhere else. */
export interface RedisAddress {
  readonly options: RedisOptions;
  /** Without password. */
  readonly shown: string;
}

const DEFAULT_PORT = 6379;
const EXPECTED = 'redis://USER:PASSWORD@HOST:PORT/DB, of which HOST is enough, or rediss:// for TLS';

/**
 * @param password used where the URL has none
 * @throws UserError, which does not show the password
 */
export function parseRedisUrl(text: string, password?: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new UserError('not the URL of a Redis', { where: '--redis', expected: EXPECTED, actual: hidePasswords(text) });
  }
  const db = url.pathname.replace(/^\//, '');
  if (!/^[0-9]*$/.test(db)) {
    throw new UserError('not the number of a database', { where: '--redis', expected: EXPECTED, actual: hidePasswords(text) });
  }
  const secret = url.password === '' ? password : decodeURIComponent(url.password);
  return {
    options: {
      // In brackets an IPv6 address is a part of a URL, without them it is an address.
      host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: url.port === '' ? DEFAULT_PORT : Number(url.port),
      db: Number(db),
      ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
      ...(secret === undefined ? {} : { password: secret }),
      ...(url.protocol === 'rediss:' ? { tls: { servername: url.hostname } } : {}),
    },
    shown: `${url.protocol}//${url.username === '' ? '' : `${url.username}@`}${url.host}${db === '' ? '' : `/${db}`}`,
  };
}

/**
 * A text with what may be a password of a URL in it made unreadable: between `//` and the last `@` of a word. What a help text calls
 * PASSWORD is none.
 */
export function hidePasswords(text: string): string {
  return text.replace(/(\/\/[^\s/:@]*:)(?!PASSWORD@)[^\s]*@/g, '$1***@');
}
