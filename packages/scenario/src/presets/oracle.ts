import type { MachinePreset } from './machines.js';

/**
 * The machine that the real kernels were measured on: an emulator with instruction counting, where 1 instruction takes
 * 1 ns on every clock. One CPU, which the kdamond takes with real-time priority; the Accessed bit is ideal because the TLB
 * was flushed after each pass that cleared it, hence no TLB.
 */
export const ORACLE: Partial<MachinePreset> = {
  topology: 'oracle-1cpu',
  tlb: 'off',
  // Instructions of the kdamond per sample, by one weighted regression over all groups of 6.12 runs against the number of mapped and
  // unmapped regions that the same runs sample here (5 % r.m.s. left; 7.3 fits the same line). A share of merging and reporting does
  // not show beside these.
  kdamond: { cpu: 0, wakeNs: 6_900, mappedNs: 3_100, holeNs: 1_280, aggregateNs: 0, armNs: 1_500 },
  // masim -O3: 8.0 instructions for a sequential access, 16.06 for a random one; 118 million to fill its random number table.
  masim: {
    nrAccessesPerRegion: 131_072,
    defaultRwMode: 'wo',
    repeat: 1,
    throttleNs: 0,
    sequentialPs: 8_000,
    randomPs: 16_060,
    startupNs: 118_000_000,
  },
  walkNs: 0,
  faultNs: 1_000,
  hintFaultNs: 4_000,
  numa: { migrateNs: 20_000, scanPteNs: 900, scanPageNs: 0, scanChunkNs: 0 },
  // Its timer fires on a coarser grid than hardware's.
  timerGranularityNs: 32_000,
};
