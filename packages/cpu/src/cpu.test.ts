import { BatchKind } from '@damonlab/workload';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT_EXIT } from './channel.js';
import type { CpuConfig, TlbConfig } from './config.js';
import { tlbs } from './testing/arbitraries.js';
import { MachineOfOne, REGION_PAGES, type Script } from './testing/machine-of-one.js';

const PS = 1_000;
const HIT_NS = 3;

const config = (tlb: TlbConfig, costs: Partial<CpuConfig> = {}): CpuConfig => ({
  tlb,
  walkNs: 20,
  faultNs: 500,
  hintFaultNs: 700,
  shootdownNs: 300,
  contextSwitchNs: 1_000,
  sliceNs: 100_000,
  ...costs,
});
const off: TlbConfig = { kind: 'off' };
const infinite = (asids: number): TlbConfig => ({ kind: 'infinite', asids });

const compute = (ns: number) => ({ kind: BatchKind.compute, computePs: ns * PS });
const sleep = (untilNs: number) => ({ kind: BatchKind.sleep, untilNs });
const sweep = (accesses: number, phase = -1) => ({
  kind: BatchKind.sequence,
  remaining: accesses,
  stride: 4096,
  bytes: REGION_PAGES * 4096,
  phase,
});
/** A thread in address space 0. */
const script = (...batches: Script['batches']): Script => ({ space: 0, batches });

describe('Cpu: time', () => {
  it('makes an access that starts before the end of the epoch whole, and carries what it is too far', () => {
    const one = new MachineOfOne(config(off), [script(sweep(1_000))], { premapped: true });
    // The first switch takes 1000 ns, then come accesses of 3 ns.
    one.epoch(1_100);
    expect([one.state('accesses'), one.state('carryPs')]).toEqual([34, 2 * PS]);
    one.epoch(1_000);
    expect([one.state('accesses'), one.state('carryPs')]).toEqual([367, 1 * PS]);
  });

  it('a sleeper wakes at its time, and the CPU is idle until then', () => {
    const one = new MachineOfOne(config(off), [script(compute(2_000), sleep(50_000), compute(5_000))], { premapped: true });
    for (let i = 0; i < 7; i++) one.epoch(10_000);
    expect(one.programs[0].askedNs).toEqual([1_000, 3_000, 50_000, 55_000]);
    expect(one.state('busyPs')).toBe(8_000 * PS);
    expect(one.events).toEqual([{ timePs: 55_000 * PS, thread: 0, phase: EVENT_EXIT }]);
    expect(one.live).toBe(0);
  });

  it('sleeping until a time that is over goes on at once', () => {
    const one = new MachineOfOne(config(off), [script(compute(2_000), sleep(10), sleep(0), compute(10))], { premapped: true });
    one.epoch(10_000);
    expect(one.programs[0].askedNs).toEqual([1_000, 3_000, 3_000, 3_000, 3_010]);
  });

  it('time that is taken from it delays what it does by just that much', () => {
    const exits = [0, 700].map((stealNs) => {
      const one = new MachineOfOne(config(off), [script(compute(20_000))], { premapped: true });
      one.epoch(5_000);
      one.epoch(5_000, stealNs);
      for (let i = 0; i < 4; i++) one.epoch(5_000);
      expect(one.state('busyPs')).toBe(21_000 * PS);
      return one.events[0].timePs;
    });
    expect(exits).toEqual([21_000 * PS, 21_700 * PS]);
  });

  it('a steal longer than the epoch leaves no time, and the rest of it is carried on', () => {
    const one = new MachineOfOne(config(off), [script(compute(100))], { premapped: true });
    one.epoch(1_000, 2_500);
    expect([one.state('carryPs'), one.state('busyPs')]).toEqual([1_500 * PS, 0]);
    one.epoch(5_000);
    expect(one.events[0].timePs).toBe(3_600 * PS);
  });
});

describe('Cpu: threads', () => {
  it('take turns of one slice each', () => {
    const long = script(compute(1_000_000));
    const one = new MachineOfOne(config(off), [long, long, long], { premapped: true });
    one.epoch(606_000);
    // Six switches and six slices; one address space, so a switch costs nothing but itself.
    expect(one.state('contextSwitches')).toBe(6);
    expect(one.programs.map((program) => program.askedNs)).toEqual([[1_000], [102_000], [203_000]]);
    for (let i = 0; i < 3; i++) one.epoch(1_000_000);
    expect(one.live).toBe(0);
    expect(one.events.map((event) => event.thread)).toEqual([0, 1, 2]);
    expect(one.state('busyPs')).toBe((3_000_000 + one.state('contextSwitches') * 1_000) * PS);
  });

  it('nobody else runnable: no switch', () => {
    const one = new MachineOfOne(config(off), [script(compute(1_000_000)), script(sleep(900_000))], { premapped: true });
    one.epoch(800_000);
    expect(one.state('contextSwitches')).toBe(3);
  });

  it('report phases and their end; a change of phase takes 1 µs', () => {
    const batches = [sweep(10, 0), sweep(10, 0), sweep(10, 1)];
    const one = new MachineOfOne(config(off), [script(...batches)], { premapped: true });
    one.epoch(100_000);
    const [first, second, end] = [1_000, 2_000 + 20 * HIT_NS, 3_000 + 30 * HIT_NS];
    expect(one.events).toEqual([
      { timePs: first * PS, thread: 0, phase: 0 },
      { timePs: second * PS, thread: 0, phase: 1 },
      { timePs: end * PS, thread: 0, phase: EVENT_EXIT },
    ]);
  });
});

describe('Cpu: memory', () => {
  it('a first touch takes its time, is reported, and is there ever after', () => {
    const one = new MachineOfOne(config(off), [script(sweep(REGION_PAGES), sweep(REGION_PAGES))], { premapped: false });
    one.epoch(20_000);
    one.epoch(80_000);
    const { firstPte } = one.spaces[0].regions[0];
    const every = 500 + HIT_NS;
    // A sequence begins at its second page and ends on its first.
    expect(one.faults).toEqual(
      Array.from({ length: REGION_PAGES }, (_, i) => ({ timePs: (1_000 + i * every) * PS, pte: firstPte + ((i + 1) % REGION_PAGES) })),
    );
    expect(one.state('pageFaults')).toBe(REGION_PAGES);
    expect(one.events[0].timePs).toBe((1_000 + REGION_PAGES * (every + HIT_NS)) * PS);
  });

  const alternating = (space: number): Script => ({ space, batches: [sweep(200), { ...sweep(200), write: 1 }], loop: true });

  it.each([
    ['no ASIDs: every switch forgets everything', 0, true],
    ['one ASID: too', 1, true],
    ['two ASIDs: both spaces stay', 2, false],
  ])('two address spaces on one CPU, %s', (_, asids, forgets) => {
    const one = new MachineOfOne(config(infinite(asids)), [alternating(0), alternating(1)], { premapped: true });
    one.epoch(10_000_000);
    const switches = one.state('contextSwitches');
    expect(switches).toBeGreaterThan(90);
    // Every page is walked for reading and once more for the first write.
    const once = 2 * 2 * REGION_PAGES;
    if (forgets) expect(one.state('tlbMisses')).toBeGreaterThan((switches - 2) * REGION_PAGES);
    else expect(one.state('tlbMisses')).toBe(once);
  });

  it.each([
    [0, 10],
    [1, 10],
    [2, 1],
  ])('a background process takes the TLB with %d ASIDs: the region is walked %d times', (asids, walks) => {
    const one = new MachineOfOne(config(infinite(asids)), [{ space: 0, batches: [sweep(200)], loop: true }], {
      premapped: true,
      backgroundSwitchNs: 1_000_000,
    });
    one.epoch(10_000_000);
    expect(one.state('tlbMisses')).toBe(walks * REGION_PAGES);
    expect(one.state('contextSwitches')).toBe(10);
  });
});

describe('Cpu: invariants', () => {
  const batch = fc.oneof(
    fc.record({
      kind: fc.constant(BatchKind.sequence),
      remaining: fc.nat({ max: 3_000 }),
      stride: fc.constantFrom(0, 64, 4096, 5000),
      bytes: fc.integer({ min: 1, max: REGION_PAGES * 4096 }),
      write: fc.nat({ max: 1 }),
      computePs: fc.nat({ max: 5_000 }),
      phase: fc.nat({ max: 2 }),
    }),
    fc.record({
      kind: fc.constant(BatchKind.pages),
      remaining: fc.nat({ max: 3_000 }),
      pages: fc.array(fc.nat({ max: REGION_PAGES - 1 }), { minLength: 100, maxLength: 100 }).map((pages) => Uint32Array.from(pages)),
      end: fc.constant(100),
      write: fc.nat({ max: 1 }),
    }),
    fc.record({ kind: fc.constant(BatchKind.compute), computePs: fc.nat({ max: 50_000_000 }) }),
    fc.record({ kind: fc.constant(BatchKind.sleep), untilNs: fc.nat({ max: 500_000 }) }),
  );
  const scripts = fc.array(fc.record({ space: fc.nat({ max: 1 }), batches: fc.array(batch, { maxLength: 6 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  const costs = fc.record({ contextSwitchNs: fc.constantFrom(0, 100, 1_000), sliceNs: fc.constantFrom(1_000, 20_000, 1_000_000) });
  const epochs = fc.array(
    fc.record({ ns: fc.integer({ min: 1, max: 200_000 }), stealNs: fc.oneof(fc.constant(0), fc.nat({ max: 5_000 })) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  );

  it('no epoch ends early, nobody works longer than there was time, counters only grow', () => {
    const counters = ['accesses', 'tlbMisses', 'pageFaults', 'contextSwitches', 'busyPs'] as const;
    fc.assert(
      fc.property(tlbs, costs, scripts, epochs, fc.boolean(), (tlb, cost, threads, cuts, premapped) => {
        const one = new MachineOfOne(config(tlb, cost), threads, { premapped, backgroundSwitchNs: 77_000 });
        let before = counters.map(() => 0);
        let stolenPs = 0;
        for (const { ns, stealNs } of cuts) {
          one.epoch(ns, stealNs);
          stolenPs += stealNs * PS;
          const now = counters.map((counter) => one.state(counter));
          now.forEach((value, i) => {
            expect(value).toBeGreaterThanOrEqual(before[i]);
          });
          before = now;
          expect(one.state('carryPs')).toBeGreaterThanOrEqual(0);
          expect(one.state('stealPs')).toBe(0);
          expect(one.state('busyPs') + stolenPs).toBeLessThanOrEqual(one.clockPs);
          expect(one.live).toBe(threads.length - one.events.filter((event) => event.phase === EVENT_EXIT).length);
          expect(one.faults.length).toBe(one.state('pageFaults'));
        }
        const times = one.events.map((event) => event.timePs);
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  it('where epochs are cut changes nothing as long as nobody faults', () => {
    fc.assert(
      fc.property(tlbs, costs, scripts, epochs, (tlb, cost, threads, cuts) => {
        const totalNs = cuts.reduce((sum, { ns }) => sum + ns, 0);
        const [whole, pieces] = [[totalNs], cuts.map(({ ns }) => ns)].map((lengths) => {
          const one = new MachineOfOne(config(tlb, cost), threads, { premapped: true });
          for (const ns of lengths) one.epoch(ns);
          return {
            state: [...one.channel.state],
            events: one.events,
            asked: one.programs.map((program) => program.askedNs),
            marks: [...one.image.pteMarks].map((mark) => mark),
          };
        });
        expect(pieces).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });
});
