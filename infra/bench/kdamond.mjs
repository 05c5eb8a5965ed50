/** What one sample costs the host, by the size of the memory that is watched, with the same number of regions: flat is the claim. */
import { Prng } from '../../packages/base/dist/index.js';
import { Kdamond, kernelProfile, SplitMemory } from '../../packages/damon/dist/index.js';
import { VaddrOperations } from '../../packages/damon-ops/dist/index.js';
import { allocateImage, buildAddressSpace, Memory, openImage, Pte } from '../../packages/mm/dist/index.js';

const GIB = 1024 ** 3;
const NR_REGIONS = 1_000;
const SIZES = [
  { name: '1 GiB', bytes: GIB },
  { name: '64 GiB', bytes: 64 * GIB },
  { name: '1 TiB', bytes: 1024 * GIB },
];

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const samples = ctx.quick ? 200 : 4_000;
  const rows = (ctx.quick ? SIZES.slice(0, 2) : SIZES).map((size) => {
    ctx.progress(`kdamond: ${size.name}`);
    return { memory: size.name, ...measure(size.bytes, samples) };
  });
  for (const row of rows) row.against_least = row.us_per_sample / rows[0].us_per_sample;
  return { title: `One sample of ${NR_REGIONS} regions, by size of the watched memory`, columns: COLUMNS, rows, notes: NOTES };
}

function measure(bytes, samples) {
  const kdamond = watch(bytes);
  const cycle = (count) => {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) {
      kdamond.prepare();
      kdamond.afterSleep();
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  };
  cycle(Math.ceil(samples / 4));
  const usPerSample = cycle(samples);
  return { nr_regions: kdamond.nrRegions, us_per_sample: usPerSample, ns_per_region: (usPerSample * 1000) / kdamond.nrRegions };
}

/** A kdamond over one mapping of `bytes`, every page of which is there. */
function watch(bytes) {
  const space = buildAddressSpace(0, [{ name: 'data', role: 'data', bytes, headerBytes: 0 }], 0, Prng.stream(1, 'bench'));
  const topology = { name: 'bench', nodes: [{ cpus: 1, memoryBytes: 4096 }], distance: [[10]], latencyNs: [[1]] };
  const sizes = { nrPtes: space.endPte, nrFrames: 1 };
  const image = openImage(allocateImage(sizes), sizes);
  image.pteFlags.fill(Pte.present | Pte.write, space.firstPte, space.endPte);
  const rng = Prng.stream(1, 'kdamond');
  const profile = kernelProfile('7.3');
  const ops = new VaddrOperations(
    'fvaddr',
    new Memory(topology, image, 'never'),
    [{ space, alive: () => true, hasMemory: () => true }],
    rng,
    profile,
  );
  const attrs = {
    sampleUs: 5_000,
    aggrUs: 100_000,
    opsUpdateUs: 1_000_000,
    minNrRegions: NR_REGIONS,
    maxNrRegions: NR_REGIONS,
    intervalsGoal: { accessBp: 0, aggrs: 0, minSampleUs: 0, maxSampleUs: 0 },
  };
  const [data] = space.regions;
  const targetRanges = [[{ start: data.start, end: data.end }]];
  const kdamond = new Kdamond({ attrs, profile, ops, targets: 1, targetRanges, rng, splitMemory: new SplitMemory() });
  kdamond.start();
  return kdamond;
}

const COLUMNS = [
  { key: 'memory', title: 'memory' },
  { key: 'nr_regions', title: 'regions' },
  { key: 'us_per_sample', title: 'µs per sample', digits: 1 },
  { key: 'ns_per_region', title: 'ns per region', digits: 1 },
  { key: 'against_least', title: 'against 1 GiB', digits: 2 },
];
const NOTES = [
  'a sample is prepare_access_checks and check_accesses of all regions, with its share of aggregations (merge, split)',
  "CPU time of the host; what grows is the host's own cache and TLB misses on random pages, not the work",
];
