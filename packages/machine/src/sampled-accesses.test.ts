import { NS_PER_MS, Prng } from '@damonlab/base';
import { DEFAULT_SAMPLE_CONTROL, type SampleControl } from '@damonlab/damon';
import { describe, expect, it } from 'vitest';
import type { MachineConfig, MonitorConfig, ProcessConfig } from './config.js';
import type { ExecutorSpec } from './executor.js';
import { Machine } from './machine.js';
import { buildProcesses } from './processes.js';
import { MIB, MONITOR, machineOf, Notes, phases, synthetic } from './testing/small-machines.js';

/** Windows go on after the end, until no report is left over. */
function sampled(processes: readonly ProcessConfig[], sample: Partial<SampleControl> = {}, changes: Partial<MonitorConfig> = {}) {
  const control: SampleControl = { ...DEFAULT_SAMPLE_CONTROL, primitive: 'sampled_accesses', sampledEvery: 1_000, ...sample };
  return machineOf(processes, { monitor: { ...MONITOR, sample: control, lingerNs: 20 * NS_PER_MS, ...changes } });
}

async function run(config: MachineConfig, executor: ExecutorSpec = 'inline') {
  const notes = new Notes();
  const machine = await Machine.create(config, { executor, observer: notes, check: true });
  await machine.run();
  await machine.close();
  const totals: Record<string, number> = { ...machine.runCounters() };
  return { notes, totals };
}

const mixed: ProcessConfig[] = [
  { name: 'a', workload: synthetic(2 * MIB, 60, 3, 'pointer_chase'), cpus: [0, 0, 2] },
  { name: 'b', workload: phases([20, 30], 200, {}, 2), cpus: [1, 2] },
];
const rowsOf = (notes: Notes) => notes.attributions.flatMap((window) => window.rows);

describe('one access in N', () => {
  it.each([1, 997, 10_000])('of each CPU, from a phase of its own on: N = %d', async (sampledEvery) => {
    const config = sampled(mixed, { sampledEvery });
    const { notes, totals } = await run({ ...config, durationNs: 60 * NS_PER_MS });
    const accesses = [0, 0, 0, 0];
    for (const window of notes.counters) accesses[window.cpu] += window.accesses;
    const due = accesses.map((made, cpu) => {
      const first = 1 + Prng.stream(config.seed, `sample/${cpu}`).below(sampledEvery);
      return made < first ? 0 : 1 + Math.floor((made - first) / sampledEvery);
    });
    expect(totals.sampled).toBe(due.reduce((sum, n) => sum + n, 0));
    expect(totals.sampled).toBeGreaterThan(10);
  });

  it('is reported while DAMON runs, not before', async () => {
    const config = sampled([{ name: 'a', workload: phases([40], 64), cpus: [0] }]);
    const always = (await run(config)).totals;
    const late = (await run({ ...config, monitor: { ...(config.monitor as MonitorConfig), startNs: 20 * NS_PER_MS } })).totals;
    expect(late.sampled).toBeGreaterThan(0.4 * always.sampled);
    expect(late.sampled).toBeLessThan(0.6 * always.sampled);
  });

  it('leaves page tables and TLBs alone: nothing is faster or slower than with Accessed bits that cost nothing', async () => {
    const kdamond = { cpu: null, wakeNs: 0, mappedNs: 0, holeNs: 0, aggregateNs: 0, armNs: 0 };
    const totals = async (primitive: SampleControl['primitive']) =>
      (await run(sampled(mixed, { primitive, sampledEvery: 1e9 }, { kdamond }))).totals;
    const [samples, bits] = [await totals('sampled_accesses'), await totals('page_table')];
    expect(samples.sampled).toBe(0);
    for (const counter of ['accesses', 'tlb_misses', 'pgfault', 'context_switches']) expect(samples[counter]).toBe(bits[counter]);
  });

  it('costs its CPU an interrupt', async () => {
    const accesses = async (sampleCostNs: number) => {
      const config = sampled([{ name: 'a', workload: phases([1_000], 64), cpus: [0] }], { sampleCostNs });
      return (await run({ ...config, durationNs: 40 * NS_PER_MS })).totals.accesses;
    };
    const [cheap, dear] = [await accesses(50), await accesses(20_000)];
    expect(dear).toBeLessThan(0.8 * cheap);
  });

  it('says how long it took: memory, and the walk where the TLB missed', async () => {
    const config = sampled([{ name: 'a', workload: synthetic(8 * MIB, 60, 1, 'pointer_chase'), cpus: [0] }]);
    const { totals } = await run(config);
    // 3 ns of memory and 20 ns of walk, nearly every time: 64 entries for 2048 pages.
    expect(totals.sampled_latency_ns / totals.sampled).toBeGreaterThan(20);
    expect(totals.sampled_latency_ns / totals.sampled).toBeLessThanOrEqual(23);
  });
});

describe('what DAMON makes of the samples', () => {
  it('a region is credited once a sample at most, so what the TLB hides is hot', async () => {
    const config = sampled([{ name: 'a', workload: phases([60], 32), cpus: [0] }], { sampledEvery: 1_000 });
    const { notes } = await run(config);
    const [data] = buildProcesses(config)[0].space.regions;
    let hottest = 0;
    for (const { start, end, nrAccesses } of notes.snapshots) {
      start.forEach((_, i) => {
        expect(nrAccesses[i]).toBeLessThanOrEqual(10);
        if (start[i] < data.end && end[i] > data.start) hottest = Math.max(hottest, nrAccesses[i]);
      });
    }
    expect(hottest).toBe(10);
  });

  it('shares by thread are those of the truth', async () => {
    const { notes } = await run(sampled(mixed, { sampledEvery: 200, sampleCostNs: 50 }));
    const share = (rows: readonly { readonly tid: number; readonly n: number }[]) => {
      const total = rows.reduce((sum, { n }) => sum + n, 0);
      return [0, 1, 2, 3, 4].map((tid) => rows.reduce((sum, row) => sum + (row.tid === tid ? row.n : 0), 0) / total);
    };
    const seen = share(rowsOf(notes).map(({ tid, reports }) => ({ tid, n: reports })));
    const real = share(notes.accessTruths.flatMap(({ rows }) => rows.map(({ tid, accesses }) => ({ tid, n: accesses }))));
    for (let tid = 0; tid < 5; tid++) expect(Math.abs(seen[tid] - real[tid]), `thread ${tid}`).toBeLessThan(0.02);
  });

  it.each<[string, Partial<SampleControl>, string]>([
    ['rings', {}, 'queued'],
    ['rings that are full', { sampledEvery: 20, sampleCostNs: 50 }, 'ring_full'],
    ['the single array', { sampledEvery: 20, sampleCostNs: 50, channel: 'single_array' }, 'wrapped'],
    ['a filter', { filters: [{ type: 'cpumask', cpus: [2], matching: true, allow: true }] }, 'filtered_out'],
  ])('every sample is accounted for: %s', async (_, sample, some) => {
    const { notes, totals } = await run(sampled(mixed, sample));
    const attributed = rowsOf(notes).reduce((sum, row) => sum + row.reports, 0);
    expect(totals[some]).toBeGreaterThan(100);
    expect(totals.sampled).toBe(totals.queued + totals.ring_full + totals.busy_drop + totals.trylock_drop);
    expect(totals.queued).toBe(totals.samples_drained - totals.repeated + totals.stale + totals.wrapped);
    expect(totals.samples_drained).toBe(totals.filtered_out + totals.samples_no_region + totals.unplaced + attributed);
  });
});

it.each<ExecutorSpec>(['lanes:2', 'threads'])('the same run, carried by %s', async (executor) => {
  const config = sampled(mixed, { sampledEvery: 333 });
  const { notes, totals } = await run(config, executor);
  const alone = await run(config);
  expect(totals).toEqual(alone.totals);
  expect(notes).toEqual(alone.notes);
});
