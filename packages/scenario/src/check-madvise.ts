import { alignUp, PAGE_BYTES, type PlaceOfKey, UserError } from '@damonlab/base';
import { traceWorkload } from '@damonlab/trace';
import { buildWorkload } from '@damonlab/workload';
import type { ResolvedMachine, ResolvedMadvise, ResolvedProcess } from './resolved.js';

/**
 * What processes advise is about regions that they have, and MADV_FREE can come to something.
 * @throws UserError at the place of the key.
 */
export function checkMadvise(machine: ResolvedMachine, place: PlaceOfKey): void {
  machine.processes.forEach((process, i) => {
    process.madvise?.forEach((call, j) => {
      const at = (...keys: string[]) => place(['processes', i, 'madvise', j, ...keys], ['processes', i, 'madvise', j]);
      checkRegion(process, call, at);
      if (call.advice === 'free') checkFree(machine, at('advice'));
    });
  });
}

type PlaceInCall = (...keys: string[]) => string;

function checkRegion({ workload }: ResolvedProcess, { region: name, offset, length = 1 }: ResolvedMadvise, at: PlaceInCall): void {
  const { regions } = buildWorkload(workload, traceWorkload);
  const region = regions.find((one) => one.name === name);
  if (region === undefined) {
    const expected = `one of ${regions.map((one) => one.name).join(', ')}`;
    throw new UserError('no such region', { where: at('region'), expected, actual: name });
  }
  const mapped = alignUp(region.bytes + region.headerBytes, PAGE_BYTES);
  if (offset + length <= mapped) return;
  throw new UserError('outside of the region', {
    where: at(offset < mapped ? 'length' : 'offset'),
    expected: `bytes of the ${mapped} of ${name}`,
    actual: `up to ${offset + length}`,
    errno: 'ENOMEM',
  });
}

function checkFree({ memory, policies }: ResolvedMachine, where: string): void {
  if (memory?.swap === undefined) {
    throw new UserError('MADV_FREE without reclaim: nobody would ever drop a page', {
      where,
      expected: 'a machine with `swap`; `swap: 0` is enough',
    });
  }
  if (policies?.dirtyRate === true) {
    throw new UserError('MADV_FREE beside policies.dirty_rate, which clears the Dirty bits that tell what was written since', {
      where,
      expected: 'one of them',
    });
  }
}
