import type { MachinePreset } from './machines.js';

/**
 * The machine that the real kernels were measured on: an emulator with instruction counting, where 1 instruction takes
 * 1 ns on every clock. One CPU, which the kdamond takes with real-time priority; the Accessed bit is ideal because the TLB
 * was flushed after each pass that cleared it, hence no TLB.
 */
export const ORACLE: Partial<MachinePreset> = {
  topology: 'oracle-1cpu',
  tlb: 'off',
  // Instructions of the kdamond, as its tracepoints bracket them.
  kdamond: { cpu: 0, wakeNs: 12_000, mappedNs: 2_600, holeNs: 1_000, aggregateNs: 1_500 },
  // masim -O3: 8 instructions for a sequential access, 16 for a random one; 118 million to fill its random number table.
  masim: {
    nrAccessesPerRegion: 131_072,
    defaultRwMode: 'wo',
    repeat: 1,
    throttleNs: 0,
    sequentialPs: 8_000,
    randomPs: 16_000,
    startupNs: 118_000_000,
  },
  walkNs: 0,
  faultNs: 1_000,
  // Its timer fires on a coarser grid than hardware's.
  timerGranularityNs: 32_000,
};
