/** What one apply round of schemes costs the host at 1000 regions, apart from the actions themselves. */
import { DamonContext, kernelProfile, NO_INTERVALS_GOAL } from '../../packages/damon/dist/index.js';
import { Damos, damosProfile, STAT_EVERYTHING } from '../../packages/damos/dist/index.js';
import { median } from './median.mjs';

const NR_REGIONS = 1_000;
const REGION_BYTES = 1 << 20;
const BYTES = NR_REGIONS * REGION_BYTES;

const quota = { ...STAT_EVERYTHING.quota, szBytes: BYTES / 10, resetIntervalMs: 100, weightNrAccesses: 1, weightAge: 1 };
const halves = [{ type: 'addr', start: 0, end: BYTES / 2, matching: true, allow: true }];
const pageout = { ...STAT_EVERYTHING, action: 'pageout', quota };

const SETUPS = [
  { name: 'none', schemes: [] },
  { name: 'stat, everything', schemes: [STAT_EVERYTHING] },
  { name: 'pageout, quota with priority', schemes: [pageout] },
  { name: 'pageout, quota, address filter', schemes: [{ ...pageout, filters: halves }] },
  { name: 'four of these', schemes: [pageout, STAT_EVERYTHING, pageout, STAT_EVERYTHING] },
];

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const rounds = ctx.quick ? 200 : 5_000;
  const rows = SETUPS.map(({ name, schemes }) => {
    ctx.progress(`schemes: ${name}`);
    const usPerRound = median(Array.from({ length: 5 }, () => measure(schemes, rounds)));
    return { schemes: name, us_per_round: usPerRound, ns_per_region: (usPerRound * 1000) / NR_REGIONS };
  });
  return { title: `One apply round at ${NR_REGIONS} regions`, columns: COLUMNS, rows, notes: NOTES };
}

function measure(schemes, rounds) {
  const outcome = { appliedBytes: REGION_BYTES, filterPassedBytes: REGION_BYTES };
  let nowNs = 0;
  const damos = new Damos({
    schemes,
    profile: damosProfile('7.3'),
    ops: { name: 'vaddr', targetValid: () => true, apply: () => outcome },
    metrics: { hasMemcg: () => false },
    clock: { hz: 250, nowNs: () => nowNs },
  });
  const attrs = {
    sampleUs: 5_000,
    aggrUs: 100_000,
    opsUpdateUs: 1e6,
    minNrRegions: 10,
    maxNrRegions: 1e6,
    intervalsGoal: NO_INTERVALS_GOAL,
  };
  const ctx = new DamonContext({ attrs, profile: kernelProfile('7.3'), targets: 1, minRegionSz: 4096, schemes: damos });
  const { regions } = ctx.targets[0];
  const round = () => {
    regions.length = 0;
    for (let i = 0; i < NR_REGIONS; i++) {
      regions.append(i * REGION_BYTES, (i + 1) * REGION_BYTES);
      regions.nrAccesses[i] = i % 21;
    }
    nowNs += 100_000_000;
    ctx.passedSampleIntervals += 20;
    ctx.nextAggregationSis = ctx.passedSampleIntervals;
    damos.apply(ctx);
  };
  for (let i = 0; i < rounds / 4; i++) round();
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i++) round();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / rounds;
}

const COLUMNS = [
  { key: 'schemes', title: 'schemes' },
  { key: 'us_per_round', title: 'µs per round', digits: 1 },
  { key: 'ns_per_region', title: 'ns per region', digits: 1 },
];
const NOTES = ['CPU time of the host with actions that do nothing; the regions are made anew before each round, which is part of it'];
