import { assert } from '@damonlab/base';

/** The replies of a pipeline or transaction. @throws the first error among them */
export function repliesOf(results: readonly (readonly [Error | null, unknown])[] | null): unknown[] {
  assert(results !== null, 'nobody watches keys, so no transaction is dropped');
  return results.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
