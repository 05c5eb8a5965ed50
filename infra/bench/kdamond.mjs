/** What one sample costs the host, by the size of the memory that is watched, with the same number of regions: flat is the claim. */
import { Prng } from '../../packages/base/dist/index.js';
import { Kdamond, kernelProfile, SplitMemory } from '../../packages/damon/dist/index.js';
import { AccessedBit, VaddrOperations } from '../../packages/damon-ops/dist/index.js';
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
  for (const row of rows) row.work_ns = row.ns_per_region - row.touch_ns;
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
  const nsPerRegion = (usPerSample * 1000) / kdamond.nrRegions;
  return { nr_regions: kdamond.nrRegions, us_per_sample: usPerSample, ns_per_region: nsPerRegion, touch_ns: touchNs(bytes, samples) };
}

/** What the host alone needs to touch a random page's two entries: a byte of flags, and a byte of marks that it clears. */
function touchNs(bytes, samples) {
  const pages = bytes / 4096;
  const flags = new Uint8Array(new SharedArrayBuffer(pages)).fill(1);
  const marks = new Uint8Array(new SharedArrayBuffer(4 * pages)).fill(1);
  const rng = Prng.stream(1, 'touch');
  const order = Uint32Array.from({ length: 1 << 20 }, () => rng.below(pages)).sort();
  // In ascending runs of as many as there are regions, as a sample goes through them.
  const runs = Math.floor(order.length / NR_REGIONS);
  const pass = (count) => {
    const before = process.cpuUsage();
    let seen = 0;
    for (let i = 0; i < count; i++) {
      for (let r = 0; r < NR_REGIONS; r++) {
        const page = order[r * runs + (i % runs)];
        seen += flags[page];
        marks[4 * page] = 0;
      }
    }
    const { user, system } = process.cpuUsage(before);
    return seen === 0 ? 0 : ((user + system) * 1000) / (count * NR_REGIONS);
  };
  pass(Math.ceil(samples / 4));
  return pass(samples);
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
  const primitive = new AccessedBit(new Memory(topology, image, 'never'), profile);
  const ops = new VaddrOperations('fvaddr', primitive, [{ space, alive: () => true, hasMemory: () => true }], rng, profile);
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
  { key: 'touch_ns', title: 'host ns per touch', digits: 1 },
  { key: 'work_ns', title: 'without it', digits: 1 },
];
const NOTES = [
  'a sample is prepare_access_checks and check_accesses of all regions, with its share of aggregations (merge, split)',
  'host ns per touch: a bare loop that reads a flag byte and clears a mark byte of random pages in arrays of the same sizes',
];
