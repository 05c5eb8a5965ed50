/** What hinting faults cost: the same accesses watched by them and by Accessed bits, the access loop alone and the whole machine. */
import { median } from './median.mjs';
import { faultsPerSecond, simulate } from './simulated.mjs';

/** The most that the kernel's defaults allow: 1000 regions, sampled every 5 ms. */
const NR_REGIONS = 1_000;
const SHAPES = [
  { name: '100 MB random', kind: 'rand', bytes: 100_000_000, stride: 0, regions: 1, mode: 'wo' },
  { name: '10 x 10 MB sequential, stride 4096', kind: 'seq', bytes: 10_000_000, stride: 4096, regions: 10, mode: 'wo' },
];

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const rounds = ctx.quick ? 1 : 5;
  const ms = ctx.quick ? 40 : 400;
  const rows = [];
  for (const shape of SHAPES) {
    const bits = [];
    const faults = [];
    for (let round = 1; round <= rounds; round++) {
      ctx.progress(`hint faults: ${shape.name}: round ${round} of ${rounds}`);
      bits.push(await simulate(shape, ms, { primitive: 'page_table', nrRegions: NR_REGIONS }));
      faults.push(await simulate(shape, ms, { primitive: 'page_fault', nrRegions: NR_REGIONS }));
    }
    const perSecond = await faultsPerSecond(shape, NR_REGIONS);
    rows.push(
      { shape: shape.name, part: 'access loop', faults_per_s: perSecond, ...compare(bits, faults, 'loopNs') },
      { shape: shape.name, part: 'whole', faults_per_s: perSecond, ...compare(bits, faults, 'ns') },
    );
  }
  return { title: `Hinting faults against Accessed bits, ${NR_REGIONS} regions every 5 ms`, columns: COLUMNS, rows, notes: NOTES };
}

function compare(bits, faults, key) {
  return {
    bits_ns: median(bits.map((measured) => measured[key])),
    faults_ns: median(faults.map((measured) => measured[key])),
    ratio: median(faults.map((measured, round) => measured[key] / bits[round][key])),
  };
}

const COLUMNS = [
  { key: 'shape', title: 'shape' },
  { key: 'part', title: 'part' },
  { key: 'faults_per_s', title: 'faults a virtual s' },
  { key: 'bits_ns', title: 'Accessed bits ns', digits: 2 },
  { key: 'faults_ns', title: 'hinting faults ns', digits: 2 },
  { key: 'ratio', title: 'faults / bits', digits: 3 },
];
const NOTES = [
  'CPU time of the host for one simulated access; whole: with the kdamond and the resolution of its faults',
  'access loop: the simulated CPU alone, its faults and TLB shootdowns included; below 1.10: the bar is met',
];
