import { NS_PER_MS, PAGE_BYTES, PS_PER_NS } from '@damonlab/base';
import { allocateChannel, FaultKind, faultLogEntries, LOG_SLOTS, LogSlot, openChannel } from '@damonlab/cpu';
import { type HintFault, HintFaults } from '@damonlab/hint-faults';
import { allocateImage, Memory, openImage } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import { Charges } from './charges.js';
import { FaultSample } from './fault-sample.js';
import { buildProcesses, channelSizes, imageSizes } from './processes.js';
import { FaultResolver } from './resolve-faults.js';
import { Shootdowns } from './shootdowns.js';
import { MIB, machineOf, synthetic } from './testing/small-machines.js';

const START_NS = 7 * NS_PER_MS;

interface Touch {
  readonly cpu: number;
  readonly thread: number;
  readonly ps: number;
  readonly kind: number;
}

/** Two CPUs of two nodes report touches of one entry of process b, which is armed. */
function epoch(touches: readonly Touch[], page = 5) {
  const processes = ['a', 'b'].map((name) => ({ name, workload: synthetic(MIB, 10, 2), cpus: [0, 2] }));
  const config = machineOf(processes);
  const built = buildProcesses(config);
  const sizes = channelSizes(config, built);
  const channel = openChannel(allocateChannel(sizes), sizes);
  const memory = new Memory(config.topology, openImage(allocateImage(imageSizes(config, built)), imageSizes(config, built)), 'never');
  const shootdowns = new Shootdowns(channel, memory.image.pteFlags.length);
  const hintFaults = new HintFaults(memory, shootdowns, 'build_exclusive');
  const faults: HintFault[] = [];
  const user = hintFaults.register({ name: 'damon', onHintFault: (fault) => faults.push({ ...fault }) });
  hintFaults.acquire(user);
  const { space } = built[1];
  const data = space.regions.find((region) => region.role === 'data');
  const vma = space.vmas.find((v) => data !== undefined && v.start <= data.start && data.start < v.end);
  if (data === undefined || vma === undefined) throw new Error('a process has data');
  const pte = data.firstPte + page;
  memory.handleFault(space, vma, pte, 1);
  hintFaults.arm(user, pte);
  const dropped = Array.from(channel.shootdown.subarray(0, 3));
  for (const { cpu, thread, ps, kind } of touches) {
    const slot = cpu * faultLogEntries(sizes) + channel.logs[cpu * LOG_SLOTS + LogSlot.nrFaults]++;
    channel.faultTimePs[slot] = ps;
    channel.faultPte[slot] = pte;
    channel.faultSpace[slot] = space.id;
    channel.faultThread[slot] = thread;
    channel.faultKind[slot] = kind;
  }
  const { topology } = config;
  const charges = new Charges(channel, sizes.nrCpus);
  const sample = new FaultSample();
  const resolver = new FaultResolver({
    channel,
    sizes,
    memory,
    processes: built,
    topology,
    hintFaults,
    charges,
    reclaim: null,
    hintFaultNs: 700,
    latencies: null,
    sample,
    onSample() {},
  });
  resolver.resolve(START_NS);
  return {
    faults,
    kept: sample.take(),
    hintFaults,
    user,
    pte,
    dropped,
    resolver,
    pfn: memory.image.ptePfn[pte],
    addr: data.start + page * PAGE_BYTES,
  };
}

describe('an armed page that several CPUs touch in one epoch', () => {
  const early: Touch = { cpu: 2, thread: 3, ps: 3_000.5 * PS_PER_NS, kind: FaultKind.hint | FaultKind.write };
  const late: Touch = { cpu: 0, thread: 2, ps: 4_000 * PS_PER_NS, kind: FaultKind.hint };

  it.each<[string, Touch[]]>([
    ['as logged', [early, late]],
    ['the other way round', [late, early]],
  ])('is one fault, of whoever was earlier: %s', (_, touches) => {
    const { faults, kept, hintFaults, user, pte, addr, pfn } = epoch(touches);
    expect(faults).toMatchObject([{ timeNs: START_NS + 3_000, pte, addr, pfn, cpu: 2, nid: 1, thread: 3, process: 1, write: true }]);
    expect(faults[0].space.id).toBe(1);
    const seen = { atNs: START_NS + 3_000, cpu: 2, tid: 3, targetId: 1, addr, write: 1 };
    expect(kept).toMatchObject([{ kind: 'hint_fault', ...seen }]);
    expect(hintFaults.armed(pte)).toBe(false);
    expect(hintFaults.counters(user)).toMatchObject({ armed: 1, delivered: 1, misattributed: 0 });
  });

  it('at the same time, it is the lower CPU', () => {
    const { faults } = epoch([early, { ...late, ps: early.ps }]);
    expect(faults).toMatchObject([{ cpu: 0, nid: 0, thread: 2, write: false }]);
  });

  it('is no fault again in an epoch where nobody touches it', () => {
    const { faults, resolver } = epoch([early]);
    resolver.resolve(START_NS + NS_PER_MS);
    expect(faults).toHaveLength(1);
  });

  it('was dropped from all TLBs when it was armed', () => {
    const { dropped, pte } = epoch([]);
    expect(dropped).toEqual([1, pte, pte + 1]);
  });
});

describe('the list of shootdowns', () => {
  it('joins neighbours, and becomes "everything" when it is full', () => {
    const config = machineOf([{ name: 'a', workload: synthetic(MIB, 10), cpus: [0] }]);
    const sizes = channelSizes(config, buildProcesses(config));
    const channel = openChannel(allocateChannel(sizes), sizes);
    const shootdowns = new Shootdowns(channel, 100_000);
    shootdowns.drop(8, 9);
    shootdowns.drop(9, 12);
    shootdowns.drop(4, 5);
    expect(Array.from(channel.shootdown.subarray(0, 5))).toEqual([2, 8, 12, 4, 5]);
    for (let i = 0; i < 20_000; i++) shootdowns.drop(3 * i, 3 * i + 1);
    expect(channel.shootdown[2]).toBe(100_000);
    expect(channel.shootdown[1]).toBe(0);
    shootdowns.clear();
    expect(channel.shootdown[0]).toBe(0);
  });
});
