import { describe, expect, it } from 'vitest';
import { HALF, ToyMachine } from './testing/toy-machine.js';

/** What real kernels do with 512 MB on two nodes, on a machine of arrays: pass sizes, periods, and the plateau before the third pass. */
const rows = (toy: ToyMachine) =>
  toy.passes.map(({ pass }) => [pass.numaScanSeq, pass.numaScanPeriodMs, pass.numaPreferredNid, pass.ptesUpdated]);
const timeOfShare = (toy: ToyMachine, share: number) => toy.node1.findIndex((node1) => node1 > share) * 0.004;

describe('remote: two threads on node 1 sweep what lies on node 0', () => {
  const runs = { '6.12': new ToyMachine('6.12', 'remote'), '7.3': new ToyMachine('7.3', 'remote') };
  runs['6.12'].run(20);
  runs['7.3'].run(20);
  const common = [
    [0, 1000, -1, 61_450],
    [0, 1000, -1, 65_536],
    [0, 1000, -1, 4098],
    [1, 2000, 1, 61_442],
    [1, 2000, 1, 65_536],
    [1, 2000, 1, 4096],
  ];

  it.each(['6.12', '7.3'] as const)('%s: sequence, period, preferred node and size of the first passes', (kernel) => {
    expect(rows(runs[kernel]).slice(0, 6)).toEqual(common);
  });

  it('6.12 forgets early remote faults and a refused migration, 7.3-rc7 does not', () => {
    expect(rows(runs['6.12'])[6].slice(0, 3)).toEqual([2, 2400, 1]);
    expect(rows(runs['7.3'])[6].slice(0, 3)).toEqual([2, 4000, 1]);
    expect(runs['6.12'].nb.vmstat.numa_pte_updates).toBeGreaterThan(runs['7.3'].nb.vmstat.numa_pte_updates);
  });

  it.each(['6.12', '7.3'] as const)('%s: home after two passes but for 16 MB, which wait for the third', (kernel) => {
    const toy = runs[kernel];
    const [first, second, third] = toy.passes.map(({ tS }) => tS);
    expect([first, second]).toEqual([1.012, 2.012]);
    // Both threads rest 32 times the cost of their pass.
    expect(third).toBeGreaterThan(3.2);
    expect(third).toBeLessThan(5.5);
    const plateau = toy.node1.slice(750, Math.floor(third * 250) - 1);
    expect(new Set(plateau)).toEqual(new Set([(2 * HALF - 4096) / (2 * HALF)]));
    expect(plateau[0].toFixed(4)).toBe('0.9688');
    expect(toy.node1.at(-1)).toBe(1);
    expect([0.5, 0.9, 0.99].map((share) => timeOfShare(toy, share))).toEqual([
      expect.closeTo(2.3, 0),
      expect.closeTo(3.1, 0),
      expect.closeTo(third, 0),
    ]);
  });

  it.each(['6.12', '7.3'] as const)('%s: counters agree with each other', (kernel) => {
    const { vmstat } = runs[kernel].nb;
    expect(vmstat.numa_pages_migrated).toBe(2 * HALF + 2);
    expect(vmstat.pgmigrate_success).toBe(vmstat.numa_pages_migrated);
    // Each fault is local, migrates or was refused: the two refused ones come back.
    expect(vmstat.numa_hint_faults).toBe(vmstat.numa_hint_faults_local + vmstat.numa_pages_migrated + 2);
    // What is armed and never touched: ten stack pages.
    expect(vmstat.numa_pte_updates - vmstat.numa_hint_faults).toBe(10);
  });

  it('the same again, bit for bit', () => {
    const again = new ToyMachine('7.3', 'remote');
    again.run(20);
    expect(again.nb.vmstat).toEqual(runs['7.3'].nb.vmstat);
    expect(again.passes).toEqual(runs['7.3'].passes);
    expect(again.node1).toEqual(runs['7.3'].node1);
  });
});

describe('halves: each node sweeps its own half, all of it first on node 0', () => {
  const toy = new ToyMachine('6.12', 'halves');
  toy.run(20);

  it('half the pages move, once', () => {
    expect(toy.node1.at(-1)).toBe(0.5);
    // The refused page of the thread on node 1 moves too.
    expect(toy.nb.vmstat.numa_pages_migrated).toBe(HALF + 1);
  });

  it('the thread at home rests longer from its private faults, the other doubles first', () => {
    const of = (thread: number, seq: number) => toy.passes.find((row) => row.thread === thread && row.pass.numaScanSeq === seq)?.pass;
    expect([of(0, 1)?.numaScanPeriodMs, of(0, 1)?.numaPreferredNid]).toEqual([1300, 0]);
    expect([of(1, 1)?.numaScanPeriodMs, of(1, 1)?.numaPreferredNid]).toEqual([2000, 1]);
  });
});
