/** What a simulated access costs against the same access made natively, for masim's shapes, one thread each. */
import { nativeNsPerAccess } from '../native/native.mjs';
import { median } from './median.mjs';
import { simulate } from './simulated.mjs';

const SHAPES = [
  { name: '2 MiB random', kind: 'rand', bytes: 2_097_152, stride: 0, regions: 1, mode: 'wo' },
  { name: '100 MB random', kind: 'rand', bytes: 100_000_000, stride: 0, regions: 1, mode: 'wo' },
  { name: '10 x 10 MB sequential, stride 4096', kind: 'seq', bytes: 10_000_000, stride: 4096, regions: 10, mode: 'wo' },
  { name: '256 MiB random, read-only', kind: 'rand', bytes: 268_435_456, stride: 0, regions: 1, mode: 'ro' },
];

/** @param {{ quick: boolean, program?: string, progress: (text: string) => void }} ctx */
export async function run(ctx) {
  const rounds = ctx.quick ? 1 : 5;
  const ms = ctx.quick ? 40 : 1_000;
  const rows = [];
  for (const shape of SHAPES) {
    const measured = [];
    // Native and simulated take turns, so that a machine that slows down slows both.
    for (let round = 1; round <= rounds; round++) {
      ctx.progress(`${shape.name}: round ${round} of ${rounds}`);
      measured.push(await measureRound(ctx.program, shape, ms));
    }
    rows.push(summarise(shape, measured));
  }
  return { title: 'One access: simulated against native', columns: COLUMNS, rows, notes: notes(rounds) };
}

async function measureRound(program, shape, ms) {
  const spec = nativeSpec(shape);
  const nativeNs = program === undefined ? null : nativeNsPerAccess(program, spec, ms);
  const simulatedNs = await simulate(shape, ms);
  const strictNs = program === undefined || shape.kind !== 'rand' ? null : nativeNsPerAccess(program, spec, ms, { precomputed: true });
  return { nativeNs, simulatedNs, strictNs };
}

function nativeSpec({ kind, bytes, stride, regions, mode }) {
  return kind === 'rand' ? `rand:${bytes}:${mode}` : `seq:${bytes}:${stride}:${regions}:${mode}`;
}

function summarise(shape, measured) {
  const of = (value) => median(measured.map(value).filter((x) => x !== null));
  const ratio = (key) => of((m) => (m[key] === null ? null : m[key] / m.simulatedNs));
  const nativeNs = of((m) => m.nativeNs);
  const simulatedNs = of((m) => m.simulatedNs);
  return {
    shape: shape.name,
    native_ns: nativeNs,
    simulated_ns: simulatedNs,
    native_per_s: nativeNs === null ? null : 1e3 / nativeNs,
    simulated_per_s: 1e3 / simulatedNs,
    ratio: ratio('nativeNs'),
    strict_ns: of((m) => m.strictNs),
    strict_ratio: ratio('strictNs'),
    rounds: measured,
  };
}

const COLUMNS = [
  { key: 'shape', title: 'shape' },
  { key: 'native_ns', title: 'native ns', digits: 2 },
  { key: 'simulated_ns', title: 'simulated ns', digits: 2 },
  { key: 'native_per_s', title: 'native M/s', digits: 1 },
  { key: 'simulated_per_s', title: 'simulated M/s', digits: 1 },
  { key: 'ratio', title: 'ratio', digits: 2 },
  { key: 'strict_ns', title: 'strict ns', digits: 2 },
  { key: 'strict_ratio', title: 'strict ratio', digits: 2 },
];

function notes(rounds) {
  return [
    `ratio: simulated accesses per second over native ones, median of ${rounds} interleaved round(s); 1.00 or more: the bar is met`,
    'native draws its offsets as masim does (64-bit table, modulo); strict reads them ready-made from a 32-bit table',
  ];
}
