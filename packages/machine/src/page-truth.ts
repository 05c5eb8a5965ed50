import { type MemoryImage, type TouchedRanges, takePhysicalTruth, takeTruth } from '@damonlab/mm';
import type { MachineConfig } from './config.js';
import type { Process } from './processes.js';

/** What was touched of each target since the last call, in the addresses that the target is watched in. Forgets it. */
export function takePageTruth(
  { monitor }: MachineConfig,
  image: MemoryImage,
  processes: readonly Process[],
): (TouchedRanges & { readonly targetId: number })[] {
  const spaces = processes.map((process) => process.space);
  if (monitor?.ops === 'paddr') return [{ targetId: 0, ...takePhysicalTruth(image, spaces) }];
  return spaces.map((space, targetId) => ({ targetId, ...takeTruth(image, space) }));
}
