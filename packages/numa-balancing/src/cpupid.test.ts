import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CPUPID_UNSET, cpuPidToCpupid, cpupidMatchPid, cpupidPidUnset, cpupidToCpu, LAST_CPUPID_MASK } from './cpupid.js';
import { Jiffies } from './jiffies.js';
import { anonVma } from './mm.js';
import { pidActive, pidBit, rotatePids, vmaSetAccessPidBit } from './vma-pids.js';

describe('cpupid', () => {
  it('keeps CPU and 8 bits of the PID', () => {
    expect(cpuPidToCpupid(3, 0x1234)).toBe(0x334);
    fc.assert(
      fc.property(fc.nat(8191), fc.nat(0x3f_ffff), (cpu, pid) => {
        const word = cpuPidToCpupid(cpu, pid);
        expect(word).toBeLessThanOrEqual(LAST_CPUPID_MASK);
        expect(cpupidToCpu(word)).toBe(cpu);
        expect(cpupidMatchPid(pid, word)).toBe(true);
        expect(cpupidMatchPid(pid + 256, word)).toBe(true);
        expect(cpupidMatchPid(pid + 1, word)).toBe(false);
        expect(cpupidPidUnset(word)).toBe(pid % 256 === 255);
      }),
    );
  });

  it('a fresh page has a CPU that no machine has', () => {
    expect(cpupidToCpu(CPUPID_UNSET)).toBe(8191);
    expect(cpupidPidUnset(CPUPID_UNSET)).toBe(true);
  });
});

describe('PID bits of a VMA', () => {
  const state = (words: number[]) => ({
    nextScan: 0,
    pidsActiveReset: 0,
    startScanSeq: 0,
    prevScanSeq: -1,
    pidsActive: Uint32Array.from(words),
  });

  it('hash as hash_32(pid, 6)', () => {
    expect([0, 1, 2, 3, 4, 5, 1000, 32768].map(pidBit)).toEqual([0, 24, 48, 9, 33, 58, 61, 16]);
    const reference = (pid: number) => Number(((BigInt(pid) * 0x61c88647n) & 0xffff_ffffn) >> 26n);
    fc.assert(fc.property(fc.nat(0x3f_ffff), (pid) => pidBit(pid) === reference(pid)));
  });

  it('survive one rotation and not two', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (pid) => {
        const vma = anonVma({ start: 0, end: 4096 });
        vmaSetAccessPidBit(vma, pid);
        expect(vma.numabState).toBeUndefined();
        const numab = state([0, 0, 0, 0]);
        vma.numabState = numab;
        vmaSetAccessPidBit(vma, pid);
        expect(pidActive(numab.pidsActive, pid)).toBe(true);
        rotatePids(numab.pidsActive);
        expect(pidActive(numab.pidsActive, pid)).toBe(true);
        rotatePids(numab.pidsActive);
        expect(pidActive(numab.pidsActive, pid)).toBe(false);
      }),
    );
  });
});

describe('jiffies', () => {
  it.each([
    [250, 4_000_000, 1, 1],
    [250, 4_000_000, 1000, 250],
    [250, 4_000_000, 1001, 251],
    [1000, 1_000_000, 1001, 1001],
    [300, 3_333_333, 1000, 300],
    [100, 10_000_000, 11, 2],
  ])('HZ %d: a tick of %d ns, %d ms are %d', (hz, tickNs, ms, ticks) => {
    const jiffies = new Jiffies(hz);
    expect(jiffies.tickNs).toBe(tickNs);
    expect(jiffies.fromMs(ms)).toBe(ticks);
  });

  it('tell the time of the last tick', () => {
    const jiffies = new Jiffies(250);
    expect([0, 3_999_999, 4_000_000, 1_007_999_999].map((ns) => jiffies.msAt(ns))).toEqual([0, 0, 4, 1004]);
  });
});
