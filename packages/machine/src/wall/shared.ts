import { allocateChannel } from '@damonlab/cpu';
import { allocateReportChannel } from '@damonlab/damon';
import { allocateImage, Claims, LockedFrames, type MemoryImage, nrCpus, RacingMemory } from '@damonlab/mm';
import { type MachineConfig, monitorsOf } from '../config.js';
import { givePolicies } from '../equip-memory.js';
import { channelSizes, imageSizes, type Process } from '../processes.js';
import { allocateWall, type WallSizes, type WallViews } from './layout.js';

/** The shared buffers of a machine in wall time. */
export interface WallBuffers {
  readonly image: SharedArrayBuffer;
  readonly channel: SharedArrayBuffer;
  readonly wall: SharedArrayBuffer;
  /** By kdamond: its channel of reports, null if it gets none. */
  readonly reports: readonly (SharedArrayBuffer | null)[];
}

export function allocateBuffers(config: MachineConfig, processes: readonly Process[]): WallBuffers {
  return {
    image: allocateImage(imageSizes(config, processes)),
    channel: allocateChannel(channelSizes(config, processes)),
    wall: allocateWall(wallSizes(config, processes)),
    reports: monitorsOf(config).map(({ sample }) =>
      sample.primitive === 'page_table' ? null : allocateReportChannel(sample.channel, nrCpus(config.topology)),
    ),
  };
}

export function wallSizes(config: MachineConfig, processes: readonly Process[]): WallSizes {
  return {
    image: imageSizes(config, processes),
    channel: channelSizes(config, processes),
    nrNodes: config.topology.nodes.length,
    nrSpaces: Math.max(1, processes.length),
  };
}

export interface RacingMemoryOf {
  readonly config: MachineConfig;
  readonly image: MemoryImage;
  readonly views: WallViews;
  readonly nrSpaces: number;
  readonly filled: readonly number[];
  /** 0: coordinator, which comes first; CPU i: i + 1. */
  readonly thread: number;
}

/** The memory as one thread of the machine sees it. */
export function racingMemory({ config, image, views, nrSpaces, filled, thread }: RacingMemoryOf): RacingMemory {
  const { topology, thp } = config;
  const memory = new RacingMemory({
    topology,
    image,
    thp,
    claims: new Claims(views.claims, thp === 'always'),
    frames: new LockedFrames(topology, image.frameLink, views.frames, thread === 0),
    filled,
    pending: views.pending,
    rss: views.rss,
    nrSpaces,
    thread,
  });
  // The coordinator has to put in place first what is to be there before the start.
  if (thread > 0) givePolicies(config, memory);
  return memory;
}
