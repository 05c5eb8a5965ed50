/** What it costs to log the truth: the same accesses with and without it. */
import { median } from './median.mjs';
import { simulate } from './simulated.mjs';

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
    const ratios = [];
    const on = [];
    const off = [];
    for (let round = 1; round <= rounds; round++) {
      ctx.progress(`truth: ${shape.name}: round ${round} of ${rounds}`);
      on.push(await simulate(shape, ms, { truth: true }));
      off.push(await simulate(shape, ms, { truth: false }));
      ratios.push(on[round - 1] / off[round - 1]);
    }
    rows.push({ shape: shape.name, on_ns: median(on), off_ns: median(off), ratio: median(ratios) });
  }
  return { title: 'The cost of the truth', columns: COLUMNS, rows, notes: NOTES };
}

const COLUMNS = [
  { key: 'shape', title: 'shape' },
  { key: 'on_ns', title: 'truth on ns', digits: 2 },
  { key: 'off_ns', title: 'truth off ns', digits: 2 },
  { key: 'ratio', title: 'on / off', digits: 2 },
];
const NOTES = [
  'off leaves out the collection at the end of each window; the mark that an access leaves comes with its page walk and is always made',
];
