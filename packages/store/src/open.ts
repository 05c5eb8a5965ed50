import type { Backend } from './backend.js';
import { parseRedisUrl } from './redis-url.js';

/**
 * On this machine, in the files of a directory.
 * @throws UserError: another version's layout; RunError: the disk refuses
 */
export async function openEmbedded(dir: string): Promise<Backend> {
  // Whoever uses one backend does not wait for the libraries of the other.
  const { embedded } = await import('./embedded.js');
  return embedded(dir);
}

/**
 * On a Redis-compatible server.
 * @param password used where the URL has none
 * @throws UserError, which does not show the password: not a URL, nobody answers, wrong password, another version's layout
 */
export async function openRedis(url: string, password?: string): Promise<Backend> {
  const address = parseRedisUrl(url, password);
  const { remote } = await import('./remote.js');
  return remote(address);
}
