import { type MemoryImage, type TouchedRanges, takePhysicalTruth, takeTruth } from '@damonlab/mm';
import { type MachineConfig, watchesPhysical } from './config.js';
import type { Process } from './processes.js';

/** What was touched of each target since the last call, in the addresses that the target is watched in. Forgets it. */
export function takePageTruth(
  config: MachineConfig,
  image: MemoryImage,
  processes: readonly Process[],
): (TouchedRanges & { readonly targetId: number })[] {
  const spaces = processes.map((process) => process.space);
  if (watchesPhysical(config)) return [{ targetId: 0, ...takePhysicalTruth(image, spaces) }];
  return spaces.map((space, targetId) => ({ targetId, ...takeTruth(image, space) }));
}
