/** What hinting faults cost: the same accesses watched by them and by Accessed bits, the access loop alone and the whole machine. */
import { median } from './median.mjs';
import { sideBySide } from './side-by-side.mjs';
import { shapeConfig } from './simulated.mjs';

/** The most that the kernel's defaults allow: 1000 regions, sampled every 5 ms. */
const NR_REGIONS = 1_000;
const WARM_UP_MS = 1_000;
const SHAPES = [
  { name: '100 MB random', kind: 'rand', bytes: 100_000_000, stride: 0, regions: 1, mode: 'wo', virtualMs: 10_000 },
  { name: '10 x 10 MB sequential, stride 4096', kind: 'seq', bytes: 10_000_000, stride: 4096, regions: 10, mode: 'wo', virtualMs: 40_000 },
];

/** @param {{ quick: boolean, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const rows = [];
  for (const shape of SHAPES) {
    ctx.progress(`hint faults: ${shape.name}`);
    const virtualMs = ctx.quick ? 1_500 : shape.virtualMs;
    const of = (primitive, ms) => shapeConfig(shape, ms, { primitive, nrRegions: NR_REGIONS });
    // The compiler learns from the first machines of a process, whose code differs from that of all later ones by up to a quarter.
    await sideBySide([of('page_table', WARM_UP_MS), of('page_fault', WARM_UP_MS)]);
    const [bits, faults] = await sideBySide([of('page_table', virtualMs), of('page_fault', virtualMs)]);
    const perSecond = Math.round(faults.counters.delivered / (faults.counters.virtual_ns / 1e9));
    rows.push(
      { shape: shape.name, part: 'access loop', faults_per_s: perSecond, ...compare(bits.loopNs, faults.loopNs) },
      { shape: shape.name, part: 'whole', faults_per_s: perSecond, ...compare(bits.ns, faults.ns) },
    );
  }
  return { title: `Hinting faults against Accessed bits, ${NR_REGIONS} regions every 5 ms`, columns: COLUMNS, rows, notes: NOTES };
}

/** Turn by turn: both ran in the same tenth of a second. */
function compare(bits, faults) {
  const turns = Math.min(bits.length, faults.length);
  const ratios = Array.from({ length: turns }, (_, turn) => faults[turn] / bits[turn]);
  return { bits_ns: median(bits), faults_ns: median(faults), ratio: median(ratios), turns };
}

const COLUMNS = [
  { key: 'shape', title: 'shape' },
  { key: 'part', title: 'part' },
  { key: 'faults_per_s', title: 'faults a virtual s' },
  { key: 'bits_ns', title: 'Accessed bits ns', digits: 2 },
  { key: 'faults_ns', title: 'hinting faults ns', digits: 2 },
  { key: 'ratio', title: 'faults / bits', digits: 3 },
  { key: 'turns', title: 'turns' },
];
const NOTES = [
  'time of the host for one simulated access, both machines by turns in one thread; medians over turns',
  'whole: with the kdamond and the resolution of its faults',
  'access loop: the simulated CPU alone, its faults and TLB shootdowns included; below 1.10: the bar is met',
];
